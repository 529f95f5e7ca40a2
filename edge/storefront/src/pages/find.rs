//! The link to an order for its buyer who lost it.
//!
//! The answer is the same page whether there is such an order or not.

use axum::{
    extract::{FromRequest as _, Request, State},
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use message::{Email, text};
use notification_contract::SendLink;
use serde::Deserialize;
use web::form::FormBody;

use crate::{
    Storefront,
    pages::{private, private_with},
    refusal::Refusal,
    views::{FieldMessage, FindView},
};

const PATH: &str = "/orders/find";

/// The posted form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FindForm {
    number: String,
    email: String,
}

impl FindForm {
    /// What is asked for, or all that has to be corrected, in the order of the fields.
    fn read(&self) -> Result<SendLink, Vec<FieldMessage>> {
        let number = text::mended(&self.number);
        let number = number.trim_start_matches('#').parse().ok().filter(|number: &i64| *number > 0);
        let email = text::mended(&self.email).parse::<Email>();
        let wrong = |field: &str, message: String| FieldMessage { field: field.to_owned(), message };
        match (number, email) {
            (Some(number), Ok(email)) => Ok(SendLink { number, email }),
            (number, email) => {
                let number = number.is_none().then(|| {
                    wrong("number", "Write the order’s number, which has only digits, as in 1042.".to_owned())
                });
                let email = email.err().map(|_| {
                    wrong("email", "Write the e-mail address that you gave with the order.".to_owned())
                });
                Err(number.into_iter().chain(email).collect())
            }
        }
    }
}

pub(crate) async fn show(State(storefront): State<Storefront>) -> Result<Response, Refusal> {
    Ok(private(storefront.render(PATH, &FindView::default())?))
}

pub(crate) async fn send(
    State(storefront): State<Storefront>,
    request: Request,
) -> Result<Response, Refusal> {
    let admission = storefront.0.settings.orders.admit(&request).await;
    let mut response = match admission.refusal {
        Some(problem) => {
            let message = "More forms came from your connection than we take in a minute, so nothing was sent. Wait a \
                           minute and try again; what you typed is still there when you go back.";
            Refusal::from(problem).reworded("That was very often", message).into_response()
        }
        None => answer(&storefront, FormBody::from_request(request, &()).await?.0).await?,
    };
    response.headers_mut().extend(admission.headers);
    Ok(response)
}

async fn answer(storefront: &Storefront, form: FindForm) -> Result<Response, Refusal> {
    let link = match form.read() {
        Ok(link) => link,
        Err(errors) => {
            let view = FindView { is_sent: false, number: form.number, email: form.email, errors };
            return Ok(private_with(StatusCode::UNPROCESSABLE_ENTITY, storefront.render(PATH, &view)?));
        }
    };
    storefront.ask(&link).await?;
    Ok(private(storefront.render(PATH, &FindView { is_sent: true, ..FindView::default() })?))
}
