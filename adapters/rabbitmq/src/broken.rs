//! Why a link to the broker ended, in words for the log.

use lapin::{ErrorKind, protocol::AMQPErrorKind, protocol::AMQPSoftError};

/// Why a link to the broker ended or could not be made.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Broken(pub(crate) String);

impl Broken {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// What to do about a queue or an exchange that cannot be declared.
    pub(crate) fn declaring(what: &str, name: &str, error: &lapin::Error) -> Self {
        let ErrorKind::ProtocolError(refused) = error.kind() else { return error.clone().into() };
        let told = refused.get_message();
        match refused.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => Self(format!(
                "the {what} {name} is there already with other properties ({told}). They are fixed when it is first \
                 made: restore the settings of that time, or stop the fleet, see that the {what} is empty, delete it \
                 (`rabbitmqctl delete_queue {name}` for a queue) and start again"
            )),
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => Self(format!(
                "the broker's user may not make or use the {what} {name} ({told}): grant it the right"
            )),
            _ => Self(format!("the {what} {name} cannot be made: {told}")),
        }
    }
}

impl From<lapin::Error> for Broken {
    fn from(error: lapin::Error) -> Self {
        match error.kind() {
            ErrorKind::ProtocolError(told) => Self(format!("the broker said: {}", told.get_message())),
            ErrorKind::MissingHeartbeatError => Self::new("the broker has been silent for too long"),
            ErrorKind::IOError(error) => Self(error.to_string()),
            _ => Self(error.to_string()),
        }
    }
}
