//! What a shop prints once it is open.

use std::net::SocketAddr;

use crate::{
    edges::keeps_mails,
    keys::{Key, Origin},
    settings::{AdminKey, Settings},
    stdout::print,
};

/// Prints where the shop is, where its admin key is, and how it is stopped.
pub(crate) fn greet(settings: &Settings, listen_address: SocketAddr, admin: &Key<AdminKey>) {
    print("Caravel sails.");
    print(format_args!("  shop      http://{listen_address}/"));
    if keeps_mails(settings) {
        print(format_args!("  mailbox   http://{listen_address}/mailbox"));
        if !listen_address.ip().is_loopback() {
            tracing::warn!(
                "the mailbox is open to everybody who reaches {listen_address}; set notification.smtp_url to close it"
            );
        }
    }
    print(format_args!("  API       http://{listen_address}/api/docs"));
    match &admin.origin {
        Origin::Settings => print("  the admin key is the setting keys.admin"),
        Origin::File(path) => print(format_args!("  the admin key is kept in {}", path.display())),
        Origin::NewFile(path) => {
            print(format_args!("  admin key {}", admin.key.expose()));
            print(format_args!("  the admin key is kept in {}", path.display()));
        }
    }
    print("Ctrl-C stops it.");
}
