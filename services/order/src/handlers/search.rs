//! Listing and finding orders, newest first.

use bus::{Cx, Progress};
use message::{Fault, FieldError, ListPage};
use order_contract::{ListOrders, Order, OrderError};
use store::Db;

use crate::{
    State,
    domain::search,
    queries::{
        self,
        search::{Numbers, with_beginning, with_word},
    },
};

/// How many batches of new orders a search waits for until they have their words.
const CATCH_UP: usize = 20;

/// How many orders that have one of the words are looked at together for the others, and how often for one page.
const CANDIDATES: u8 = 200;
const LOOKS: usize = 10;

/// Gives new orders their words, a few at a time: orders that are being placed come first.
pub(crate) async fn add_words(cx: Cx<State>) -> Result<Progress, Fault> {
    queries::search::add_words(cx.db()).await?;
    Ok(Progress::Done)
}

/// Lists orders, newest first.
pub(crate) async fn list(cx: Cx<State>, request: ListOrders) -> Result<ListPage<Order>, OrderError> {
    let before = request.cursor.as_deref().map(str::parse::<i64>).transpose();
    let before = before.map_err(|_| invalid("/cursor", "expected the next_cursor of the page before"))?;
    let words = words(&request)?;
    let db = &cx.db().replica();
    if let Some(number) = request.number {
        // A number needs no words: whoever asks for a lost link does not make the search catch up.
        let orders = queries::search::load(db, &[number]).await?;
        let is_wanted = |order: &Order| {
            before.is_none_or(|before| order.number < before) && accepts(&request, &words, order)
        };
        return Ok(ListPage { data: orders.into_iter().filter(is_wanted).collect(), next_cursor: None });
    }
    let is_search = !words.is_empty() || request.placed_from.is_some() || request.placed_before.is_some();
    if is_search {
        for _ in 0..CATCH_UP {
            if !queries::search::add_words(cx.db()).await? {
                break;
            }
        }
    }
    let Numbers(first, end) =
        queries::search::numbers(db, request.placed_from, request.placed_before).await?;
    let numbers = Numbers(first, end.min(before.unwrap_or(i64::MAX)));
    if words.is_empty() {
        let orders = queries::orders::list(db, &request, numbers).await?;
        return Ok(ListPage::from_overfull(orders, request.limit, |order| order.number.to_string()));
    }
    Ok(find(db, &request, &words, numbers).await?)
}

/// The words that orders must have: those of the text, and the e-mail address.
fn words(request: &ListOrders) -> Result<Vec<String>, OrderError> {
    let mut words = Vec::new();
    if let Some(text) = &request.q {
        words.extend(search::words(text));
        words.sort_unstable();
        words.dedup();
        if words.is_empty() || words.len() > search::MAX_WORDS {
            let detail = format!("expected 1 to {} words or numbers", search::MAX_WORDS);
            return Err(invalid("/q", detail));
        }
    }
    words.extend(request.email.as_ref().map(message::Email::canonical));
    Ok(words)
}

/// Looks through the orders that have the rarest of the words, as far as that can be known, for those that have all.
async fn find(
    db: &Db,
    request: &ListOrders,
    words: &[String],
    Numbers(first, mut end): Numbers,
) -> Result<ListPage<Order>, Fault> {
    let known = queries::search::known(db, words).await?;
    if words.iter().any(|word| search::is_whole(word) && !known.contains(word)) {
        return Ok(ListPage { data: Vec::new(), next_cursor: None });
    }
    let longest = |words: &[String]| words.iter().max_by_key(|word| word.len()).cloned();
    let (exact, leading) = match longest(&known) {
        Some(word) => (true, word),
        None => (false, longest(words).unwrap_or_default()),
    };
    let mut found = Vec::new();
    for _ in 0..LOOKS {
        let numbers = Numbers(first, end);
        let candidates = if exact {
            with_word(db, &leading, numbers, CANDIDATES.into()).await?
        } else {
            with_beginning(db, &leading, numbers, CANDIDATES.into()).await?
        };
        let orders = queries::search::load(db, &candidates).await?;
        found.extend(orders.into_iter().filter(|order| accepts(request, words, order)));
        if found.len() > request.limit.get() {
            return Ok(ListPage::from_overfull(found, request.limit, |order| order.number.to_string()));
        }
        match candidates.last() {
            Some(last) if candidates.len() >= usize::from(CANDIDATES) => end = *last,
            _ => return Ok(ListPage { data: found, next_cursor: None }),
        }
    }
    // Words that are common each by itself and rare together: the page ends here, and the next one goes on.
    Ok(ListPage { data: found, next_cursor: Some(end.to_string()) })
}

/// Whether an order is as the request wants it.
fn accepts(request: &ListOrders, words: &[String], order: &Order) -> bool {
    let ListOrders { status, email, number, placed_from, placed_before, q: _, cursor: _, limit: _ } = request;
    let same_email = |email: &message::Email| email.canonical() == order.email.canonical();
    status.is_none_or(|status| order.status == status)
        && email.as_ref().is_none_or(same_email)
        && number.is_none_or(|number| order.number == number)
        && placed_from.is_none_or(|from| order.placed_at >= from)
        && placed_before.is_none_or(|before| order.placed_at < before)
        && search::matches(order, words)
}

fn invalid(pointer: &str, detail: impl Into<String>) -> OrderError {
    OrderError::Invalid(vec![FieldError::new(pointer, detail)])
}
