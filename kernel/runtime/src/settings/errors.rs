//! What is wrong with the settings, in words for the person who wrote them.

use std::fmt;

use super::Source;

/// One mistake and where it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The layer, with file and line where there is one.
    pub source: Source,
    /// What is wrong and what to do. Never holds a secret's value.
    pub message: String,
}

impl Problem {
    pub(super) fn new(source: Source, message: impl Into<String>) -> Self {
        Self { source, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.message)
    }
}

/// Every mistake that was found, in the order of the layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors {
    problems: Vec<Problem>,
}

impl Errors {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The mistakes one by one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<Problem> for Errors {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [problem] => write!(f, "a setting is wrong: {problem}"),
            problems => {
                write!(f, "{} settings are wrong:", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl std::error::Error for Errors {}
