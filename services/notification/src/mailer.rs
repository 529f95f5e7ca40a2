//! The mailer: takes up due mails, sends several at a time, and writes down together what has become of them.

use std::sync::Arc;

use bus::{Cx, Progress};
use message::{Fault, Headers, trace};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};
use tracing::{Instrument as _, Span};

use crate::{
    State,
    domain::{self, Outcome},
    queries::{self, Claimed},
    smtp::Server,
    templates::Templates,
};

/// How many mails are laid into the mailbox at a time.
const BATCH: i64 = 1000;

/// How many mails are taken up for each connection: one on its way, and the next ones at hand.
const PER_CONNECTION: usize = 4;

/// What the mailer keeps between its runs.
pub(crate) struct Desk {
    running: JoinSet<()>,
    sender: mpsc::UnboundedSender<(Claimed, Outcome)>,
    receiver: mpsc::UnboundedReceiver<(Claimed, Outcome)>,
    /// Came back but is not written down yet.
    done: Vec<(Claimed, Outcome)>,
    freed: bool,
}

impl Default for Desk {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { running: JoinSet::new(), sender, receiver, done: Vec::new(), freed: false }
    }
}

/// What it takes to send a mail. The mails on their way share it, and nothing else of the service: when the service
/// ends, so do they.
pub(crate) struct Post {
    pub(crate) server: Server,
    pub(crate) templates: Arc<Templates>,
    pub(crate) places: Semaphore,
}

/// One run. Mails that are on their way go on by themselves, and wake the mailer when they are done.
pub(crate) async fn run(cx: Cx<State>) -> Result<Progress, Fault> {
    let Some(post) = &cx.post else {
        let kept = queries::keep(cx.db(), cx.now(), BATCH).await?;
        kept.iter().flatten().filter(|_| trace::is_on()).for_each(|headers| drop(span(headers)));
        metrics::counter!("notification_mails_total", "state" => "sent").increment(kept.len() as u64);
        return Ok(if i64::try_from(kept.len()).is_ok_and(|kept| kept == BATCH) {
            Progress::More
        } else {
            Progress::Done
        });
    };
    let mut desk = cx.desk.lock().await;
    if !desk.freed {
        queries::free_claims(cx.db()).await?;
        desk.freed = true;
    }
    while desk.running.try_join_next().is_some() {}
    write_down(&cx, &mut desk).await?;
    send_more(&cx, &mut desk, post).await?;
    Ok(Progress::Done)
}

/// Lets the mails that are on their way arrive, and writes down what has become of them: a shop that is stopped and
/// started again would send them twice. Those whose turn has not come stay for the next start.
pub(crate) async fn finish(cx: Cx<State>) -> Result<(), Fault> {
    let Some(post) = &cx.post else { return Ok(()) };
    let mut desk = cx.desk.lock().await;
    post.places.close();
    while desk.running.join_next().await.is_some() {}
    write_down(&cx, &mut desk).await
}

/// Writes down what has become of the mails that came back.
async fn write_down(cx: &Cx<State>, desk: &mut Desk) -> Result<(), Fault> {
    while let Ok(done) = desk.receiver.try_recv() {
        desk.done.push(done);
    }
    if !desk.done.is_empty() {
        // Forgotten only once it is on the disk; after a failure the next run tries again.
        queries::settle(cx.db(), &desk.done, cx.now()).await?;
        desk.done.drain(..).for_each(|(mail, outcome)| report(&mail, &outcome));
    }
    Ok(())
}

/// Takes up as many mails as there is room for, and lets them go.
async fn send_more(cx: &Cx<State>, desk: &mut Desk, post: &Arc<Post>) -> Result<(), Fault> {
    let connections = cx.settings.connections as usize;
    let room = (connections * PER_CONNECTION).saturating_sub(desk.running.len());
    // Rather several at a time than one by one.
    if room < connections {
        return Ok(());
    }
    let now = cx.now();
    let until = now.after(cx.settings.claim_for());
    let limit = i64::try_from(room).unwrap_or(i64::MAX);
    for mail in queries::claim(cx.db(), now, until, limit).await? {
        let (post, wake, sender) = (Arc::clone(post), Arc::clone(&cx.wake), desk.sender.clone());
        desk.running.spawn(async move {
            // Closed: the shop is being stopped.
            let Ok(place) = post.places.acquire().await else { return };
            let span = mail.headers.as_ref().map_or_else(Span::none, span);
            let outcome = post.server.send(&mail, &post.templates).instrument(span).await;
            drop(place);
            // The receiver is gone only when the service is.
            let _ = sender.send((mail, outcome));
            wake.notify_one();
        });
    }
    Ok(())
}

/// The end of a trace: the mail goes out.
fn span(headers: &Headers) -> Span {
    let span = tracing::error_span!(
        target: trace::TARGET, "mail", otel.name = "send mail", otel.kind = "producer",
        caravel.service = crate::NAME, correlation = %headers.correlation,
    );
    trace::adopted(span, headers)
}

fn report(mail: &Claimed, outcome: &Outcome) {
    let (id, order, attempts) = (mail.id, mail.order.id, mail.attempts);
    let correlation = mail.headers.as_ref().map(|headers| tracing::field::display(headers.correlation));
    let state = match outcome {
        Outcome::Sent => "sent",
        Outcome::Refused(words) => {
            tracing::warn!(correlation, mail = %id, %order, attempts, error = words, "a mail was refused");
            "failed"
        }
        Outcome::NotNow(words) => {
            tracing::warn!(correlation, mail = %id, %order, attempts, error = words, "a mail could not be sent now");
            if domain::pause_after(attempts).is_some() { "queued" } else { "failed" }
        }
    };
    metrics::counter!("notification_mails_total", "state" => state).increment(1);
}
