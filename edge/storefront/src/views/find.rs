//! The form for buyers who lost the link to their order.

use serde::Serialize;

use super::FieldMessage;

/// The form, or that it was sent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FindView {
    /// Whether the form was sent and could be read.
    pub is_sent: bool,
    /// The order's number, as it was typed.
    pub number: String,
    /// The e-mail address, as it was typed.
    pub email: String,
    /// What has to be corrected.
    pub errors: Vec<FieldMessage>,
}
