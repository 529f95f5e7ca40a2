//! Reading what was written before.
//!
//! The rules of a text or a code become stricter with time: a country must be on the list, a name must be visible. What
//! was accepted before stays readable, in rows of a database and in messages on the bus, so the types of this crate check
//! their rules at the doors only: bodies, forms, settings, whatever is read with serde or `FromStr` as usual.

use std::cell::Cell;

thread_local! {
    static IS_STORED: Cell<bool> = const { Cell::new(false) };
}

/// Sets the mark back, also when the reader panics.
struct Mark(bool);

impl Drop for Mark {
    fn drop(&mut self) {
        IS_STORED.set(self.0);
    }
}

/// Runs `read`; the values that it reads were checked when they were written, and are read as they are.
pub fn as_written<T>(read: impl FnOnce() -> T) -> T {
    let _mark = Mark(IS_STORED.replace(true));
    read()
}

/// Whether a value is read that was checked when it was written.
pub fn is_stored() -> bool {
    IS_STORED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_ends_with_its_reader() {
        assert!(!is_stored());
        assert!(as_written(|| as_written(is_stored) && is_stored()));
        assert!(!is_stored());
        assert!(std::panic::catch_unwind(|| as_written(|| panic!("damaged"))).is_err());
        assert!(!is_stored());
    }
}
