//! Verifying a statement and its certificate with OpenSSL alone.

use std::path::Path;
use std::process::Command;

use paylatch_tests::{Failure, Result};

/// Verifies what `paylatch attest --der` wrote into `directory`: the
/// certificate by the OEM's key, the statement by the device's key, and that
/// the certificate is over this very key.
///
/// # Errors
/// What did not verify.
pub fn verify(directory: &Path, oem: &str) -> Result<()> {
    let file = |name: &str| directory.join(name).display().to_string();
    signature(oem, &file("certificate.der"), &file("certificate.bin"))?;
    signature(&file("device.pem"), &file("statement.der"), &file("statement.bin"))?;

    let arguments = ["ec", "-pubin", "-in", &file("device.pem"), "-conv_form", "compressed"];
    let der = openssl(&[&arguments[..], &["-outform", "DER"]].concat())?;
    let key = der.last_chunk::<33>().ok_or_else(|| Failure("device.pem is too short".into()))?;
    let certificate = std::fs::read(directory.join("certificate.bin"))
        .map_err(|e| Failure(format!("certificate.bin: {e}")))?;
    if certificate.windows(key.len()).any(|window| window == key) {
        Ok(())
    } else {
        Err(Failure("the certificate is over another key".into()))
    }
}

fn signature(key: &str, signature: &str, signed: &str) -> Result<()> {
    openssl(&["dgst", "-sha256", "-verify", key, "-signature", signature, signed]).map(drop)
}

fn openssl(arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new("openssl")
        .args(arguments)
        .output()
        .map_err(|e| Failure(format!("openssl: {e}")))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Failure(format!(
            "openssl {}: {}",
            arguments[0],
            String::from_utf8_lossy(&output.stdout)
        )))
    }
}
