//! The work of mails: several are sent side by side, and what became of them is written together.

use std::{sync::Arc, time::Duration};

use bus::{Attempt, Cx, Inputs, Outcome, Upshot, Work, WorkLimits, Worker};
use message::{BackOff, Fault, Headers, trace};
use notification_contract::{Mail, MailState};
use serde::{Deserialize, Serialize};
use shop_contract::ShopSettings;
use store::Tx;
use tracing::{Instrument as _, Span};

use crate::{
    Settings, State, handlers,
    queries::{self, StoredMail},
};

/// Sends a mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SendMail {}

impl Work for SendMail {
    const KIND: &'static str = "mail";
    type Subject = Mail;
}

/// Three days in all, as mail servers do it among themselves: long enough for somebody to notice and mend what is wrong.
const BACK_OFF: BackOff = BackOff::steps(&[
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(4),
    Duration::from_hours(12),
    Duration::from_hours(24),
    Duration::from_hours(24),
]);

/// How many mails are claimed for each connection: one on its way, and the next ones at hand.
const PER_CONNECTION: u32 = 4;

/// How much longer than the server's last word a run may take.
const MARGIN: Duration = Duration::from_secs(5);

pub(crate) fn limits(settings: &Settings) -> WorkLimits {
    WorkLimits {
        places: settings.connections,
        slow_after: None,
        batch: settings.connections.saturating_mul(PER_CONNECTION),
        time_out: settings.send_within() + MARGIN,
        back_off: BACK_OFF,
        // A shop that is stopped and started again would send them twice.
        drain: settings.send_within() + MARGIN,
    }
}

/// Sends mails.
pub(crate) struct Mailer;

impl Worker<State> for Mailer {
    type Work = SendMail;
    type Input = (StoredMail, Arc<ShopSettings>);
    type Effect = ();

    async fn load(
        &self,
        cx: &Cx<State>,
        attempts: &[Attempt<SendMail>],
    ) -> Result<Inputs<SendMail, Self::Input>, Fault> {
        let mails = queries::load(cx.db(), attempts.iter().map(|attempt| attempt.subject)).await?;
        let shop = Arc::new(handlers::shop(cx).await?);
        Ok(mails.into_iter().map(|mail| (mail.id, (mail, Arc::clone(&shop)))).collect())
    }

    async fn run(
        &self,
        cx: Cx<State>,
        attempt: Attempt<SendMail>,
        (mail, shop): Self::Input,
    ) -> (Outcome, ()) {
        let Some(server) = &cx.server else {
            // The server was taken out of the settings meanwhile.
            return (Outcome::Done, ());
        };
        let span = span(&attempt.headers);
        (server.send(&mail, &shop, &cx.templates).instrument(span).await, ())
    }

    async fn settle(
        &self,
        cx: &Cx<State>,
        tx: &mut Tx,
        settled: &[Upshot<'_, SendMail, ()>],
    ) -> Result<(), Fault> {
        let states = queries::settle(tx, settled, cx.now()).await?;
        tx.after_commit(move || states.into_iter().for_each(count));
        Ok(())
    }
}

/// The end of a trace: the mail goes out.
pub(crate) fn span(headers: &Headers) -> Span {
    let span = tracing::error_span!(
        target: trace::TARGET, "mail", otel.name = "send mail", otel.kind = "producer",
        caravel.service = crate::NAME, correlation = %headers.correlation,
    );
    trace::adopted(span, headers)
}

/// Counts a mail that came to a state.
pub(crate) fn count(state: MailState) {
    metrics::counter!("notification_mails_total", "state" => state.as_str()).increment(1);
}
