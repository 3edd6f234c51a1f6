//! The OP-TEE entry points: one command does nothing, one is the lock's check of a
//! signature, one is OP-TEE's own.
#![no_std]
#![no_main]
#![allow(missing_docs)] // what the attributes make

use core::ptr;

use optee_utee::prelude::*;
use optee_utee::{Error, ErrorKind, Result};
use optee_utee_sys as sys;
use paylatch_bench_ta::{NOTHING, SIGNED, Signed, VERIFY, VERIFY_OPTEE};
use paylatch_proto::bytes::Bytes;
use paylatch_ta::crypto::Verifier;

/// As in the lock a number that nobody knows: here always the same, so that a run is.
const BLINDING: u16 = 0x5aa5;

#[ta_create]
fn create() -> Result<()> {
    Ok(())
}

#[ta_open_session]
fn open_session(
    _: &mut (ParameterNone, ParameterNone, ParameterNone, ParameterNone),
) -> Result<()> {
    Ok(())
}

#[ta_close_session]
fn close_session() {}

#[ta_destroy]
fn destroy() {}

#[ta_invoke_command]
fn invoke_command(command: u32, parameters: &mut ParametersAny) -> Result<()> {
    match command {
        NOTHING => Ok(()),
        VERIFY | VERIFY_OPTEE => {
            let input = parameters.0.as_memref_input()?;
            let mut bytes = [0; SIGNED];
            let length = input.read_at(0, &mut bytes)?;
            let signed = bytes.get(..length).and_then(Signed::of);
            let signed = signed.ok_or(ErrorKind::BadParameters)?;
            if command == VERIFY { verify(&signed) } else { verify_by_optee(&signed) }
        }
        _ => Err(ErrorKind::NotSupported.into()),
    }
}

/// As the lock does: judged, and judged again.
fn verify(signed: &Signed) -> Result<()> {
    let (key, digest) = (Bytes(*signed.key), Bytes(*signed.digest));
    let signature = Bytes(*signed.signature);
    let mut verifier = Verifier::new(BLINDING);
    for _ in 0..2 {
        let verified = verifier.verify(&key, &digest, &signature);
        verified.map_err(|_| ErrorKind::SignatureInvalid)?;
        verifier.again();
    }
    Ok(())
}

fn checked(result: sys::TEE_Result) -> Result<()> {
    if result == sys::TEE_SUCCESS { Ok(()) } else { Err(Error::from_raw_error(result)) }
}

/// From the key's coordinates to the answer, as an application has to.
fn verify_by_optee(signed: &Signed) -> Result<()> {
    const BITS: u32 = 256;
    let mut key: sys::TEE_ObjectHandle = ptr::null_mut();
    let mut operation: sys::TEE_OperationHandle = ptr::null_mut();
    // SAFETY: all zeroes is a value of this plain C structure, which is filled in below.
    let mut attributes: [sys::TEE_Attribute; 3] = unsafe { core::mem::zeroed() };
    let [x, y] = signed.point;
    let (digest, signature) = (signed.digest, signed.signature);
    // SAFETY: every pointer is of a local that outlives the calls, with its true length;
    // handles are used only after the call that makes them has succeeded, and given back.
    unsafe {
        let [for_x, for_y, for_curve] = &mut attributes;
        sys::TEE_InitRefAttribute(
            for_x,
            sys::TEE_ATTR_ECC_PUBLIC_VALUE_X,
            x.as_ptr().cast(),
            x.len(),
        );
        sys::TEE_InitRefAttribute(
            for_y,
            sys::TEE_ATTR_ECC_PUBLIC_VALUE_Y,
            y.as_ptr().cast(),
            y.len(),
        );
        sys::TEE_InitValueAttribute(
            for_curve,
            sys::TEE_ATTR_ECC_CURVE,
            sys::TEE_ECC_CURVE_NIST_P256,
            0,
        );
        checked(sys::TEE_AllocateTransientObject(sys::TEE_TYPE_ECDSA_PUBLIC_KEY, BITS, &mut key))?;
        checked(sys::TEE_PopulateTransientObject(key, attributes.as_ptr(), 3))?;
        let (algorithm, mode) = (sys::TEE_ALG_ECDSA_P256, sys::TEE_OperationMode::TEE_MODE_VERIFY);
        checked(sys::TEE_AllocateOperation(&mut operation, algorithm, mode as u32, BITS))?;
        checked(sys::TEE_SetOperationKey(operation, key))?;
        let verified = sys::TEE_AsymmetricVerifyDigest(
            operation,
            ptr::null(),
            0,
            digest.as_ptr().cast(),
            digest.len(),
            signature.as_ptr().cast(),
            signature.len(),
        );
        sys::TEE_FreeOperation(operation);
        sys::TEE_FreeTransientObject(key);
        checked(verified)
    }
}

/// What OP-TEE's loader reads: generated from the build script's settings.
#[allow(missing_docs, non_upper_case_globals, clippy::all, clippy::undocumented_unsafe_blocks)]
mod header {
    include!(concat!(env!("OUT_DIR"), "/user_ta_header.rs"));
}
