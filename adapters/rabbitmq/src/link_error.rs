//! Why a link to the broker ended, as text for the log.

use lapin::{ErrorKind, protocol::AMQPErrorKind, protocol::AMQPSoftError};

/// Why a link to the broker ended or could not be opened.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct LinkError(pub(crate) String);

impl LinkError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The error for a queue or an exchange that cannot be declared, with the remedy.
    pub(crate) fn declaring(what: &str, name: &str, error: &lapin::Error) -> Self {
        let ErrorKind::ProtocolError(refused) = error.kind() else { return error.clone().into() };
        let reply = refused.get_message();
        match refused.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => Self(format!(
                "the {what} {name} is there already with other properties ({reply}). They are fixed when it is first \
                 made: restore the settings of that time, or stop the fleet, see that the {what} is empty, delete it \
                 (`rabbitmqctl delete_queue {name}` for a queue) and start again"
            )),
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => Self(format!(
                "the broker's user may not declare or use the {what} {name} ({reply}): grant it the permission"
            )),
            _ => Self(format!("the {what} {name} cannot be declared: {reply}")),
        }
    }
}

impl From<lapin::Error> for LinkError {
    fn from(error: lapin::Error) -> Self {
        match error.kind() {
            ErrorKind::ProtocolError(reply) => Self(format!("the broker reported: {}", reply.get_message())),
            ErrorKind::MissingHeartbeatError => Self::new("the broker has been silent for too long"),
            ErrorKind::IOError(error) => Self(error.to_string()),
            _ => Self(error.to_string()),
        }
    }
}
