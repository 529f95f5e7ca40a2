//! The shop's keys: from the settings, or from files that only their owner can read.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    str::FromStr,
};

use message::{Clock, IdSource, Invalid};

use crate::{
    data_folder,
    settings::{self, AdminKey, Settings, SigningSecret},
};

/// The shop's keys. They are read, or made, when somebody needs them: most services do without.
pub(crate) struct Keys {
    folder: PathBuf,
    given: settings::Keys,
}

/// A key and its origin.
pub(crate) struct Key<K> {
    pub(crate) key: K,
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
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { folder: settings.data.folder.to_path_buf(), given: settings.keys.clone() }
    }

    /// The admin key.
    pub(crate) fn admin(&self) -> Result<Key<AdminKey>, String> {
        self.key(self.given.admin.as_ref(), "admin.key")
    }

    /// The secret that order tokens are made from.
    pub(crate) fn secret(&self) -> Result<order_contract::OrderSecret, String> {
        let SigningSecret(bytes) = self.key(self.given.secret.as_ref(), "secret.key")?.key;
        Ok(order_contract::OrderSecret::new(bytes))
    }

    fn key<K: Clone + FromStr<Err = Invalid>>(
        &self,
        given: Option<&K>,
        file: &str,
    ) -> Result<Key<K>, String> {
        if let Some(key) = given {
            return Ok(Key { key: key.clone(), origin: Origin::Settings });
        }
        data_folder::make(&self.folder)?;
        let path = self.folder.join(file);
        let (text, origin) = read_or_make(&path)
            .map_err(|error| format!("the key {} cannot be used: {error}", path.display()))?;
        let key = text.parse().map_err(|expected: Invalid| {
            let path = path.display();
            format!("the key {path} is wrong: {expected}; restore it from a backup, or remove it to have a new one made")
        })?;
        Ok(Key { key, origin })
    }
}

/// Reads a key, or makes it: 256 random bits in hexadecimal, readable by its owner alone.
fn read_or_make(path: &Path) -> io::Result<(String, Origin)> {
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let ids = IdSource::random(Clock::system());
    let text = message::hex(&ids.bytes::<32>());
    // Under another name first: a crash never leaves half a key.
    let unfinished = path.with_extension(format!("{}.new", message::hex(&ids.bytes::<8>())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let written = writeln!(file, "{text}")
        .and_then(|()| file.sync_all())
        // Unlike a renaming this fails if another process was first; then its key is used.
        .and_then(|()| fs::hard_link(&unfinished, path));
    fs::remove_file(&unfinished)?;
    match written {
        Ok(()) => Ok((text, Origin::NewFile(path.to_owned()))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> io::Result<(String, Origin)> {
    // Opening a pipe would wait for somebody who writes into it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let text = fs::read_to_string(path)?;
    Ok((text.trim().to_owned(), Origin::File(path.to_owned())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn keys(folder: &Path) -> Keys {
        Keys { folder: folder.to_owned(), given: settings::Keys::default() }
    }

    #[test]
    fn keys_are_made_once_and_for_their_owner() {
        let outer = tempfile::tempdir().unwrap();
        let folder = &outer.path().join("data");
        let keys = keys(folder);
        let (key, path) = (keys.admin().unwrap(), folder.join("admin.key"));
        assert_eq!((key.key.expose().len(), key.origin), (64, Origin::NewFile(path.clone())));
        let again = keys.admin().unwrap();
        assert_eq!((again.key, again.origin), (key.key, Origin::File(path.clone())));
        let order = IdSource::random(Clock::system()).id();
        assert_eq!(keys.secret().unwrap().token(order), keys.secret().unwrap().token(order));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(folder)), (0o600, 0o700));
        assert_eq!(fs::read_dir(folder).unwrap().count(), 2, "nothing unfinished is left");
    }

    #[test]
    fn processes_that_start_together_have_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        let made: Vec<Key<_>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| keys.admin().unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|key| key.key == made[0].key));
        let new = made.iter().filter(|key| matches!(key.origin, Origin::NewFile(_))).count();
        assert_eq!(new, 1);
    }

    #[test]
    fn the_settings_come_before_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let digits = "0f".repeat(32);
        let given = settings::Keys { admin: "k".repeat(40).parse().ok(), secret: digits.parse().ok() };
        let keys = Keys { given, ..keys(folder.path()) };
        let admin = keys.admin().unwrap();
        assert_eq!((admin.key.expose(), admin.origin), (&*"k".repeat(40), Origin::Settings));
        keys.secret().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_holds_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        for text in ["", "x\n"] {
            fs::write(folder.path().join("admin.key"), text).unwrap();
            fs::write(folder.path().join("secret.key"), text).unwrap();
            let (admin, secret) = (keys.admin().err().unwrap(), keys.secret().err().unwrap());
            assert!(admin.contains("admin.key is wrong: expected at least 32"), "{admin}");
            assert!(secret.contains("secret.key is wrong: expected 64 hexadecimal digits"), "{secret}");
        }
        fs::remove_file(folder.path().join("admin.key")).unwrap();
        fs::create_dir(folder.path().join("admin.key")).unwrap();
        assert!(keys.admin().err().unwrap().contains("it is not a file"));
    }
}
