//! What a shop says once it is open.

use std::net::SocketAddr;

use runtime::{BoxError, settings::Settings};

use crate::{
    edges::keeps_mails,
    keys::{Key, Origin},
    say::say,
};

/// Says what runs, where to look and what to do next.
pub(crate) fn greet(settings: &Settings, address: SocketAddr, admin: &Key) -> Result<(), BoxError> {
    say("Caravel sails.");
    say(format_args!("  shop      http://{address}/"));
    if keeps_mails(settings)? {
        say(format_args!("  mailbox   http://{address}/mailbox"));
        if !address.ip().is_loopback() {
            tracing::warn!(
                "anybody who reaches {address} can read the mailbox; set notification.smtp_url to close it"
            );
        }
    }
    say(format_args!("  API       http://{address}/api/docs"));
    match &admin.origin {
        Origin::Settings => say("  the admin key is the setting keys.admin"),
        Origin::File(path) => say(format_args!("  the admin key is kept in {}", path.display())),
        Origin::NewFile(path) => {
            say(format_args!("  admin key {}", admin.text));
            say(format_args!("  the admin key is kept in {}", path.display()));
        }
    }
    say("Ctrl-C stops it.");
    Ok(())
}
