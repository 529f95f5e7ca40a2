//! The shop's keys: from the settings, or from files that only their owner can read.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use message::{Clock, IdSource};
use runtime::settings::{Errors, Secret, Settings};
use serde::Deserialize;

use crate::{data, settings};

/// The shortest admin key, in characters.
const SHORTEST: usize = 32;

/// Where the keys are. They are read, or made, when somebody needs them: most services do without.
pub(crate) struct Keys {
    folder: PathBuf,
    given: Given,
}

#[derive(Deserialize)]
struct Given {
    admin: Secret,
    secret: Secret,
}

/// A key, and where it comes from.
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// Where a key comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Settings,
    File(PathBuf),
    /// A file that was not there before.
    NewFile(PathBuf),
}

impl Keys {
    /// The keys that the settings give or lead to.
    pub(crate) fn new(settings: &Settings) -> Result<Self, Errors> {
        let data: settings::Data = settings.section("data")?;
        Ok(Self { folder: data.folder, given: settings.section("keys")? })
    }

    /// Whether the keys that the settings give can be used.
    pub(crate) fn check(settings: &Settings) -> Result<(), Errors> {
        let given: Given = settings.section("keys")?;
        let (admin, secret) = (given.admin.expose(), given.secret.expose());
        // What RFC 6750 lets stand behind `Bearer`.
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/=".contains(letter);
        if !admin.is_empty() && (admin.len() < SHORTEST || !admin.chars().all(fits)) {
            let why = format!("expected at least {SHORTEST} letters, digits or any of - . _ ~ + / =");
            return Err(settings::problem(settings, "keys.admin", why));
        }
        if !secret.is_empty() && bytes(secret).is_none() {
            let why = "expected 64 hexadecimal digits, such as `openssl rand -hex 32` prints";
            return Err(settings::problem(settings, "keys.secret", why));
        }
        Ok(())
    }

    /// The admin key.
    pub(crate) fn admin(&self) -> Result<Key, String> {
        self.key(&self.given.admin, "admin.key")
    }

    /// The secret that order tokens are made from.
    pub(crate) fn secret(&self) -> Result<order_contract::Secret, String> {
        self.secret_bytes().map(order_contract::Secret::new)
    }

    fn secret_bytes(&self) -> Result<[u8; 32], String> {
        let key = self.key(&self.given.secret, "secret.key")?;
        bytes(&key.text).ok_or_else(|| {
            let path = self.folder.join("secret.key");
            format!("{} does not hold 64 hexadecimal digits; restore it from a backup", path.display())
        })
    }

    fn key(&self, given: &Secret, name: &str) -> Result<Key, String> {
        if !given.is_empty() {
            return Ok(Key { text: given.expose().to_owned(), origin: Origin::Settings });
        }
        data::make_folder(&self.folder)?;
        let path = self.folder.join(name);
        read_or_make(&path).map_err(|error| format!("the key {} cannot be used: {error}", path.display()))
    }
}

/// Reads a key, or makes it: 256 random bits in hexadecimal, readable by its owner alone.
fn read_or_make(path: &Path) -> io::Result<Key> {
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let ids = IdSource::random(Clock::system());
    let text = message::hex(&ids.bytes::<32>());
    // Under another name first: a crash never leaves half a key.
    let draft = path.with_extension(format!("{}.new", message::hex(&ids.bytes::<8>())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = writeln!(file, "{text}")
        .and_then(|()| file.sync_all())
        // Unlike a renaming this fails if another process was first, whose key is then the one.
        .and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match written {
        Ok(()) => Ok(Key { text, origin: Origin::NewFile(path.to_owned()) }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> io::Result<Key> {
    let text = fs::read_to_string(path)?;
    Ok(Key { text: text.trim().to_owned(), origin: Origin::File(path.to_owned()) })
}

/// What 64 hexadecimal digits stand for.
fn bytes(digits: &str) -> Option<[u8; 32]> {
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn keys(folder: &Path) -> Keys {
        Keys {
            folder: folder.to_owned(),
            given: Given { admin: Secret::default(), secret: Secret::default() },
        }
    }

    #[test]
    fn keys_are_made_once_and_for_their_owner() {
        let outer = tempfile::tempdir().unwrap();
        let folder = &outer.path().join("data");
        let keys = keys(folder);
        let (key, path) = (keys.admin().unwrap(), folder.join("admin.key"));
        assert_eq!((key.text.len(), key.origin), (64, Origin::NewFile(path.clone())));
        let again = keys.admin().unwrap();
        assert_eq!((again.text, again.origin), (key.text, Origin::File(path.clone())));
        assert_eq!(keys.secret_bytes().unwrap(), keys.secret_bytes().unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(folder)), (0o600, 0o700));
        assert_eq!(fs::read_dir(folder).unwrap().count(), 2, "no draft is left");
    }

    #[test]
    fn processes_that_start_together_have_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        let made: Vec<Key> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| keys.admin().unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|key| key.text == made[0].text));
        let new = made.iter().filter(|key| matches!(key.origin, Origin::NewFile(_))).count();
        assert_eq!(new, 1);
    }

    #[test]
    fn the_settings_come_before_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let digits = "0f".repeat(32);
        let given = Given { admin: Secret::new("k".repeat(40)), secret: Secret::new(digits.as_str()) };
        let keys = Keys { given, ..keys(folder.path()) };
        let admin = keys.admin().unwrap();
        assert_eq!((admin.text, admin.origin), ("k".repeat(40), Origin::Settings));
        assert_eq!(keys.secret_bytes().unwrap(), [0x0f; 32]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(bytes(&"+f".repeat(32)), None);
    }
}
