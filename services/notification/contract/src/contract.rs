//! The list of `notification`'s messages, with an example of each.

use message::{Contract, Fault, ListPage, contract::valid};

use crate::{
    GetMail, LinkRequested, ListMails, Mail, MailKind, MailState, NotificationError, RenderedMail, SendLink,
};

/// What `notification` answers.
pub fn contract() -> Contract {
    let mail = mail();
    let fault = NotificationError::Fault(Fault::unavailable("the database is starting"));
    let rendered = RenderedMail {
        mail: mail.clone(),
        html: "<!doctype html><p>Thank you, Mira. Your order 1042 is confirmed.</p>".to_owned(),
        text: "Thank you, Mira. Your order 1042 is confirmed.".to_owned(),
    };
    Contract::new("notification", "The mails that the shop sends.")
        .reacts_to(&[
            "order.confirmed",
            "order.payment_failed",
            "order.shipped",
            "order.cancelled",
            "order.refund_completed",
            "shop.changed",
        ])
        .request(&ListMails::default(), &ListPage { data: vec![mail.clone()], next_cursor: None }, &fault)
        .request(&GetMail { id: mail.id }, &Some(rendered), &fault)
        .request(&SendLink { number: 1042, email: mail.to }, &LinkRequested {}, &fault)
}

fn mail() -> Mail {
    Mail {
        id: valid("mail_01m1y2n6w0f5gt3e8a7b4c9d2h".parse()),
        order_id: valid("order_01m1y2n4h8f3pb7t6c2r5v8wya".parse()),
        kind: MailKind::OrderConfirmed,
        to: valid("mira@example.org".parse()),
        subject: "Your order 1042 is confirmed".to_owned(),
        state: MailState::Sent,
        attempts: 1,
        error: None,
        created_at: valid("2026-11-20T23:08:01.6Z".parse()),
        sent_at: Some(valid("2026-11-20T23:08:02.1Z".parse())),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_every_message_and_keeps_to_its_schemas() {
        testing::check_contract(&super::contract(), crate::MESSAGES);
    }
}
