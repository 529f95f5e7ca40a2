//! Lists that are read page by page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Invalid;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub struct ListPage<T> {
    /// The page's items.
    pub data: Vec<T>,
    /// Where the next page begins, for the next request; `None` on the last page.
    pub next_cursor: Option<String>,
}

impl<T> ListPage<T> {
    /// A page of at most `limit` items. `items` may have one more, which shows that there is a next page. `cursor`
    /// returns the cursor of the last item on the page.
    pub fn from_overfull(mut items: Vec<T>, limit: Limit, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit.get();
        items.truncate(limit.get());
        let next_cursor = if more { items.last().map(cursor) } else { None };
        Self { data: items, next_cursor }
    }

    /// The same page with converted items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> ListPage<U> {
        ListPage { data: self.data.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

/// How many items a page holds: 1 to 100, 20 unless asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schemars(extend("minimum" = 1, "maximum" = 100))]
pub struct Limit(u8);

impl Limit {
    /// The most that a page may hold.
    pub const MAX: i64 = 100;

    /// The number, for taking items.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }

    /// One more than the page holds, to know whether there is a next page.
    pub fn overfull(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<i64> for Limit {
    type Error = Invalid;

    fn try_from(limit: i64) -> Result<Self, Invalid> {
        u8::try_from(limit)
            .ok()
            .filter(|limit| (1..=Self::MAX).contains(&i64::from(*limit)))
            .map(Self)
            .ok_or_else(|| Invalid::new(format!("expected a number from 1 to {}", Self::MAX)))
    }
}

impl From<Limit> for i64 {
    fn from(limit: Limit) -> Self {
        limit.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_whether_a_next_page_exists() {
        let limit = Limit::try_from(2).unwrap();
        let page = |items: &[i32]| ListPage::from_overfull(items.to_vec(), limit, ToString::to_string);
        assert_eq!(page(&[1, 2, 3]), ListPage { data: vec![1, 2], next_cursor: Some("2".into()) });
        assert_eq!(page(&[1, 2]), ListPage { data: vec![1, 2], next_cursor: None });
        assert!(Limit::try_from(0).is_err() && Limit::try_from(101).is_err());
    }
}
