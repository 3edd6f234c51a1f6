//! The trusted application of this device, through libteec.

use std::path::Path;

use optee_teec::{
    Context, Error as TeecError, ErrorKind, ErrorOrigin, Operation, ParamNone, ParamTmpRef,
    ParamType, ParamValue, Session, Uuid,
};
use paylatch_proto::api::{COMMAND_CALL, COMMAND_STATE};
use paylatch_proto::state::StateWords;
use paylatch_proto::{TA_UUID, limits};

use super::Transport;
use crate::error::{Error, Kind, Result};

const DEVICE: &str = "/dev/tee0";

/// One session with the trusted application. It is closed when dropped.
pub struct Optee {
    session: Session,
}

impl Optee {
    /// Opens a session.
    ///
    /// # Errors
    /// [`Kind::NoDevice`], which tells apart: no TEE driver, no right to open
    /// it, no such trusted application, and anything else with the TEE's result
    /// code and its origin.
    pub fn open() -> Result<Self> {
        let uuid = Uuid::parse_str(TA_UUID)
            .map_err(|_| Error::new(Kind::NoDevice, "the application's UUID can't be read"))?;
        let mut context = Context::new().map_err(no_context)?;
        let session = context.open_session(uuid).map_err(|error| match error.kind() {
            ErrorKind::ItemNotFound => Error::new(
                Kind::NoDevice,
                format!(
                    "the TEE has no trusted application {TA_UUID}: this OP-TEE was built \
                     without Paylatch ({})",
                    describe(&error)
                ),
            ),
            _ => failed("opening a session", &error),
        })?;
        Ok(Optee { session })
    }
}

impl Transport for Optee {
    fn state(&mut self) -> Result<StateWords> {
        let output = || ParamValue::new(0, 0, ParamType::ValueOutput);
        let mut operation = Operation::new(0, output(), output(), ParamNone, ParamNone);
        self.session
            .invoke_command(COMMAND_STATE, &mut operation)
            .map_err(|error| failed("asking for the state", &error))?;
        let (first, second, _, _) = operation.parameters();
        Ok(StateWords {
            state: first.a(),
            detail: first.b(),
            seconds: second.a(),
            flags: second.b(),
        })
    }

    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        let mut reply = vec![0; limits::REPLY];
        let length = {
            let input = ParamTmpRef::new_input(request);
            let output = ParamTmpRef::new_output(&mut reply);
            let mut operation = Operation::new(0, input, output, ParamNone, ParamNone);
            self.session
                .invoke_command(COMMAND_CALL, &mut operation)
                .map_err(|error| failed("calling the trusted application", &error))?;
            operation.parameters().1.updated_size()
        };
        reply.truncate(length);
        Ok(reply)
    }
}

fn no_context(error: TeecError) -> Error {
    if !Path::new(DEVICE).exists() {
        return Error::new(
            Kind::NoDevice,
            format!(
                "no {DEVICE}: this machine has no TEE, or its kernel lacks the OP-TEE driver; \
                 without a device, use --simulator FILE"
            ),
        );
    }
    match std::fs::File::options().read(true).write(true).open(DEVICE) {
        Err(denied) if denied.kind() == std::io::ErrorKind::PermissionDenied => Error::new(
            Kind::NoDevice,
            format!("{DEVICE}: permission denied: run as root or join the group that owns it"),
        ),
        _ => failed("connecting to the TEE", &error),
    }
}

fn failed(doing: &str, error: &TeecError) -> Error {
    let hint = match error.kind() {
        ErrorKind::TargetDead => {
            "; the trusted application has crashed: try again, a new session starts it anew"
        }
        ErrorKind::OutOfMemory => "; the TEE is short of memory: try again",
        ErrorKind::Busy => "; the TEE is busy: try again",
        _ => "",
    };
    Error::new(Kind::NoDevice, format!("{doing} failed: {}{hint}", describe(error)))
}

fn describe(error: &TeecError) -> String {
    let origin = match error.origin() {
        Some(ErrorOrigin::API) => "the client library",
        Some(ErrorOrigin::COMMS) => "the way to the TEE",
        Some(ErrorOrigin::TEE) => "the TEE",
        Some(ErrorOrigin::TA) => "the trusted application",
        Some(ErrorOrigin::UNKNOWN) | None => "an unknown place",
    };
    let text = error.message().trim_end_matches('.').to_lowercase();
    format!("{text}, code 0x{:08x} from {origin}", error.raw_code())
}
