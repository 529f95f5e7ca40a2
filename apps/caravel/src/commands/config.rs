//! `caravel config`: every setting, its value, where it comes from and what it means.

use runtime::BoxError;

use crate::{cli::Common, settings};

pub(super) fn run(common: &Common) -> Result<(), BoxError> {
    for entry in settings::load(common)?.entries() {
        for line in entry.comment.lines() {
            println!("# {line}");
        }
        println!("{} = {}    ({})\n", entry.key, entry.value, entry.source);
    }
    Ok(())
}
