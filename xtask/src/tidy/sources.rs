//! The Rust files of the tree, each read and parsed once.

use std::io;
use std::path::Path;

use proc_macro2::Span;
use syn::{Attribute, File};

/// One Rust file.
pub(super) struct Source {
    /// From the root, with `/` between its parts.
    pub(super) path: String,
    pub(super) text: String,
    /// What it says; empty if it is no Rust, which the compiler explains better.
    pub(super) code: File,
}

impl Source {
    pub(super) fn new(path: String, text: String) -> Self {
        let code =
            syn::parse_file(&text).unwrap_or(File { shebang: None, attrs: Vec::new(), items: Vec::new() });
        Self { path, text, code }
    }

    /// The path with the line that `span` begins at.
    pub(super) fn line(&self, span: Span) -> String {
        format!("{}:{}", self.path, span.start().line)
    }

    /// Whether it is part of a library or program, not a test, an example or a benchmark.
    pub(super) fn is_product(&self) -> bool {
        self.path.contains("/src/")
    }
}

/// Every Rust file below `root`, in the order of their paths.
pub(super) fn read(root: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    collect(root, root, &mut sources)?;
    Ok(sources)
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> io::Result<()> {
    let mut entries = folder.read_dir()?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && name != "target" {
                collect(root, &path, sources)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let place = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            sources.push(Source::new(place, std::fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// Whether these attributes make something part of the tests only.
pub(super) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}
