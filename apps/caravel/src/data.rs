//! The data folder: one process at a time, and the keys that only its owner can read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use message::IdSource;

/// A data folder that is ours until this is dropped.
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// A key, and whether it was made just now.
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) is_new: bool,
}

impl DataFolder {
    /// Makes the folder if it is new, and takes it: two shops on one folder would both send its mails.
    pub(crate) fn take(path: &Path) -> Result<Self, String> {
        let told = |error: io::Error| format!("the data folder {} cannot be used: {error}", path.display());
        // Its databases know every buyer's address: they are for the shop's user alone, as the keys are.
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(told)?;
        let lock = File::create(path.join("caravel.lock")).map_err(told)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(format!(
                "another caravel is using the data folder {}: stop it first, or choose another with --data",
                path.display()
            )),
            Err(fs::TryLockError::Error(error)) => Err(told(error)),
        }
    }

    /// The admin key, in `admin.key`.
    pub(crate) fn admin_key(&self, ids: &IdSource) -> Result<Key, String> {
        self.key("admin.key", ids)
    }

    /// The secret that order tokens are made from, in `secret.key`.
    pub(crate) fn secret(&self, ids: &IdSource) -> Result<[u8; 32], String> {
        let key = self.key("secret.key", ids)?.text;
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = key.as_bytes().chunks(2).map(byte).collect();
        bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).ok_or_else(|| {
            format!(
                "{} does not hold 64 hexadecimal digits; restore it from a backup",
                self.path.join("secret.key").display()
            )
        })
    }

    /// Reads a key, or makes it: 256 random bits in hexadecimal, readable by its owner alone.
    fn key(&self, name: &str, ids: &IdSource) -> Result<Key, String> {
        let path = self.path.join(name);
        let told = |error: io::Error| format!("the key {} cannot be used: {error}", path.display());
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Key { text: text.trim().to_owned(), is_new: false }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = message::hex(&ids.bytes::<32>());
                // Under another name first: a crash never leaves half a key.
                let draft = self.path.join(format!("{name}.new"));
                let mut file = OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&draft)
                    .map_err(told)?;
                writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(told)?;
                fs::rename(&draft, &path).map_err(told)?;
                Ok(Key { text, is_new: true })
            }
            Err(error) => Err(told(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use message::Clock;

    use super::*;

    #[test]
    fn keys_are_made_once_and_for_their_owner() {
        let outer = tempfile::tempdir().unwrap();
        let folder = &outer.path().join("data");
        let ids = IdSource::random(Clock::system());
        let data = DataFolder::take(folder).unwrap();
        let key = data.admin_key(&ids).unwrap();
        assert!(key.is_new);
        assert_eq!(key.text.len(), 64);
        let again = data.admin_key(&ids).unwrap();
        assert_eq!((again.text, again.is_new), (key.text, false));
        assert_eq!(data.secret(&ids).unwrap(), data.secret(&ids).unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder.join("admin.key")), mode(folder)), (0o600, 0o700));
    }

    #[test]
    fn a_folder_has_one_owner() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::take(folder.path()).unwrap();
        let refused = DataFolder::take(folder.path()).err().unwrap();
        assert!(refused.contains("another caravel is using"), "{refused}");
        drop(first);
        assert!(DataFolder::take(folder.path()).is_ok());
    }
}
