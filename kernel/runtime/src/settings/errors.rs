//! What is wrong with the settings, in words for the person who wrote them.

use std::fmt;

use super::Source;

/// One mistake and where it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The layer, with file and line where there is one.
    pub source: Source,
    /// What is wrong and what to do. Never holds a secret's value.
    pub message: String,
}

impl Mistake {
    pub(super) fn new(source: Source, message: impl Into<String>) -> Self {
        Self { source, message: message.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.message)
    }
}

/// Every mistake that was found, in the order of the layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors {
    mistakes: Vec<Mistake>,
}

impl Errors {
    pub(super) fn new(mistakes: Vec<Mistake>) -> Self {
        Self { mistakes }
    }

    /// The mistakes one by one.
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl From<Mistake> for Errors {
    fn from(mistake: Mistake) -> Self {
        Self { mistakes: vec![mistake] }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.as_slice() {
            [mistake] => write!(f, "a setting is wrong: {mistake}"),
            mistakes => {
                write!(f, "{} settings are wrong:", mistakes.len())?;
                mistakes.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
            }
        }
    }
}

impl std::error::Error for Errors {}
