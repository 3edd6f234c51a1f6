//! The lock's requests as methods, over any [`Transport`].

use heapless::Vec as BoundedVec;
use paylatch_proto::api::{Done, Event, Identity, Reply, Request, Status};
use paylatch_proto::bytes::{Bytes, Nonce};
use paylatch_proto::contact::Contact;
use paylatch_proto::limits;
use paylatch_proto::message;
use paylatch_proto::state::StateWords;

use crate::error::{Error, Kind, Result};
use crate::transport::Transport;

/// Speaks to a lock.
///
/// Every method fails with [`Kind::NoDevice`] when the lock can't be reached,
/// and what the lock refuses is an [`Error::refused`]: [`Kind::Refused`], or
/// [`Kind::Fault`] where its records can't be trusted, reached or written.
pub struct Client<T> {
    transport: T,
}

impl<T: Transport> Client<T> {
    /// A client over this transport.
    pub fn new(transport: T) -> Self {
        Client { transport }
    }

    /// The transport under it.
    pub fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    /// The four words that a bootloader asks for; cheap, answered in every state.
    ///
    /// # Errors
    /// [`Kind::NoDevice`].
    pub fn state(&mut self) -> Result<StateWords> {
        self.transport.state()
    }

    /// Who the device is; answered in every state.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn identity(&mut self) -> Result<Identity> {
        match self.call(&Request::Identity)? {
            Reply::Identity(identity) => Ok(identity),
            other => Err(unexpected(&other)),
        }
    }

    /// Enrols with a voucher (`body ‖ signature`). The answer has a fresh
    /// statement over `nonce`, for the OEM to certify the device's keys by.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn enrol(&mut self, nonce: Nonce, voucher: &[u8]) -> Result<Done> {
        self.done(&Request::Enrol { nonce, voucher })
    }

    /// Releases with the OEM's seal (`body ‖ signature`): this device is not
    /// financed. The answer has a fresh statement over `nonce` where the device
    /// can have keys.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn seal(&mut self, nonce: Nonce, seal: &[u8]) -> Result<Done> {
        self.done(&Request::Seal { nonce, seal })
    }

    /// Hands in a lender's message or an escrow's release (`body ‖ signature`).
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn apply(&mut self, message: &[u8]) -> Result<Done> {
        self.done(&Request::Apply(message))
    }

    /// Hands in a release where the enrolment can't be read: its voucher and
    /// all rekeys since, in their order, prove the key.
    ///
    /// # Errors
    /// [`Kind::Input`] for more than [`limits::RECOVERY_REKEYS`] rekeys; else as
    /// the [type](Client) says.
    pub fn recover(&mut self, voucher: &[u8], rekeys: &[&[u8]], release: &[u8]) -> Result<Done> {
        let rekeys = BoundedVec::from_slice(rekeys).map_err(|_| {
            let most = limits::RECOVERY_REKEYS;
            Error::new(Kind::Input, format!("at most {most} rekeys can be handed in at once"))
        })?;
        self.done(&Request::Recover { voucher, rekeys, release })
    }

    /// A signed statement (`body ‖ signature`) over the asker's `nonce`.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn attest(&mut self, nonce: Nonce) -> Result<Vec<u8>> {
        match self.call(&Request::Attest { nonce })? {
            Reply::Statement(statement) => Ok(statement.to_vec()),
            other => Err(unexpected(&other)),
        }
    }

    /// All that the screens show but the contact record; answered in every state.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn status(&mut self) -> Result<Status> {
        match self.call(&Request::Status)? {
            Reply::Status(status) => Ok(status),
            other => Err(unexpected(&other)),
        }
    }

    /// Whom the owner calls and how to pay.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn contact(&mut self) -> Result<Contact> {
        match self.call(&Request::Contact)? {
            Reply::Contact(contact) => Ok(contact),
            other => Err(unexpected(&other)),
        }
    }

    /// The contact record, or `None` where the device has none to show.
    ///
    /// # Errors
    /// [`Kind::NoDevice`].
    pub fn contact_if_any(&mut self) -> Result<Option<Contact>> {
        match self.contact() {
            Ok(contact) => Ok(Some(contact)),
            Err(error) if error.refusal().is_some() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The last events, oldest first; at most [`limits::EVENTS`].
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn history(&mut self) -> Result<Vec<Event>> {
        match self.call(&Request::History)? {
            Reply::History(events) => Ok(events.to_vec()),
            other => Err(unexpected(&other)),
        }
    }

    /// Tries a hotline code: two groups of six digits ([`crate::hotline::groups`]).
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn hotline(&mut self, groups: [u32; 2]) -> Result<Done> {
        self.done(&Request::Hotline { groups })
    }

    /// Lets the lock see that time passes, and store it when that is due. The
    /// OS calls it every few minutes.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn tick(&mut self) -> Result<Done> {
        self.done(&Request::Tick)
    }

    /// Tells of a clean shutdown: without it, the next boot charges 15 minutes
    /// of use.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn shutdown(&mut self) -> Result<Done> {
        self.done(&Request::Shutdown)
    }

    /// Tells that the OS has booted well: older builds of the trusted
    /// application are refused from now on.
    ///
    /// Something is stored only where this build's security version is higher
    /// than the least one that is stored, and on a released phone never: the
    /// outcome is [`AlreadyApplied`](paylatch_proto::api::Outcome::AlreadyApplied)
    /// then, and repeating it costs no write. At a fault and before the enrolment it is refused.
    ///
    /// # Errors
    /// As the [type](Client) says.
    pub fn good_boot(&mut self) -> Result<Done> {
        self.done(&Request::GoodBoot)
    }

    fn done(&mut self, request: &Request) -> Result<Done> {
        match self.call(request)? {
            Reply::Done(done) => Ok(done),
            other => Err(unexpected(&other)),
        }
    }

    fn call(&mut self, request: &Request) -> Result<Reply> {
        let mut buffer = [0; limits::REQUEST];
        let request = postcard::to_slice(request, &mut buffer).map_err(|_| {
            Error::new(Kind::Input, "longer than any such message; hand in only this one")
        })?;
        let reply = self.transport.call(request)?;
        match message::decode(&reply) {
            Ok(Reply::Refused(refusal)) => Err(Error::refused(refusal)),
            Ok(reply) => Ok(reply),
            Err(_) => Err(Error::new(
                Kind::NoDevice,
                "the trusted application's answer can't be read: this program and the device's \
                 firmware are of different versions",
            )),
        }
    }
}

/// Fresh random bytes for a statement that nobody else asked for.
///
/// # Errors
/// [`Kind::Io`] when the system gives none.
pub fn fresh_nonce() -> Result<Nonce> {
    let mut nonce = [0; limits::NONCE];
    getrandom::fill(&mut nonce)
        .map_err(|e| Error::new(Kind::Io, format!("the system's random numbers: {e}")))?;
    Ok(Bytes(nonce))
}

fn unexpected(reply: &Reply) -> Error {
    let name = match reply {
        Reply::Refused(_) => "a refusal",
        Reply::Identity(_) => "an identity",
        Reply::Done(_) => "an outcome",
        Reply::Statement(_) => "a statement",
        Reply::Status(_) => "a status",
        Reply::Contact(_) => "a contact record",
        Reply::History(_) => "a history",
    };
    Error::new(Kind::NoDevice, format!("the trusted application answered with {name} instead"))
}
