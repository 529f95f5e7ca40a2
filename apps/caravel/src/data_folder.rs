//! The data folder: one owner at a time.

use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

/// A data folder that is ours until this is dropped.
pub(crate) struct DataFolder {
    _lock: File,
}

/// Makes the folder if it is new. Its databases hold every buyer's address: only the shop's user may read them, as the
/// keys.
pub(crate) fn make(path: &Path) -> Result<(), String> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| in_words(path, &error))
}

impl DataFolder {
    /// Makes the folder if it is new, and takes it: two shops on one folder would both send its mails.
    pub(crate) fn take(path: &Path) -> Result<Self, String> {
        make(path)?;
        let lock = File::create(path.join("caravel.lock")).map_err(|error| in_words(path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(format!(
                "another caravel is using the data folder {}: stop it first, or choose another with --data",
                path.display()
            )),
            Err(fs::TryLockError::Error(error)) => Err(in_words(path, &error)),
        }
    }
}

fn in_words(path: &Path, error: &std::io::Error) -> String {
    format!("the data folder {} cannot be used: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

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
