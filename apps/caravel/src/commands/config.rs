//! `caravel config`: every setting, its value, where it comes from and what it means.

use crate::{settings::Settings, stdout::print};

pub(crate) fn run(settings: &Settings) {
    for entry in &settings.entries {
        for line in entry.comment.lines() {
            print(format_args!("# {line}"));
        }
        print(format_args!("{} = {}    ({})\n", entry.key, entry.value, entry.source));
    }
}
