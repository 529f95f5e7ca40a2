//! A bank that remembers everything it was asked, and misbehaves by the token.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use payment::provider::{Charge, ChargeOutcome, ChargeRefund, Error, MoneyState, Provider, ProviderAnswer};
use payment_contract::{PaymentId, PaymentProvider};
use uuid::Uuid;

#[derive(Default)]
pub(crate) struct Bank {
    book: Mutex<HashMap<PaymentId, Account>>,
    busy: AtomicUsize,
    away: AtomicBool,
}

#[derive(Default)]
struct Account {
    asked: Vec<&'static str>,
    found: Option<MoneyState>,
    taken: i64,
    back: HashMap<Uuid, i64>,
}

impl Bank {
    /// What it was asked about this payment, in order.
    pub(crate) fn asked(&self, id: PaymentId) -> Vec<&'static str> {
        self.book().get(&id).map(|account| account.asked.clone()).unwrap_or_default()
    }

    /// The money it took and has not given back.
    pub(crate) fn balance(&self) -> i64 {
        self.book().values().map(|account| account.taken).sum()
    }

    /// How many requests it keeps waiting.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(Ordering::SeqCst)
    }

    /// While it is away it refuses everything, and its callers know it.
    pub(crate) fn away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn book(&self) -> MutexGuard<'_, HashMap<PaymentId, Account>> {
        self.book.lock().unwrap()
    }

    fn open(&self) -> Result<(), Error> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Error::undone("away"));
        }
        Ok(())
    }

    fn change(&self, charge: &Charge, step: &'static str, to: MoneyState, taken: i64) -> ProviderAnswer {
        self.open()?;
        let mut book = self.book();
        let account = book.entry(charge.id).or_default();
        account.asked.push(step);
        account.found = Some(to);
        account.taken = taken;
        Ok(ChargeOutcome::Done("b".to_owned()))
    }
}

impl Bank {
    /// Gives back once per key. With the token `loses_refunds` the answer to the first time is lost; with
    /// `declines_parts` only all of it goes back.
    fn refund_once(&self, charge: &Charge, refund: &ChargeRefund) -> ProviderAnswer {
        self.open()?;
        let mut book = self.book();
        let account = book.entry(charge.id).or_default();
        account.asked.push("refund");
        if charge.token == "declines_parts" && refund.amount != charge.amount {
            return Ok(ChargeOutcome::Declined("Only all of it.".to_owned()));
        }
        let is_new = account.back.insert(refund.key, refund.amount.amount).is_none();
        if is_new {
            account.taken -= refund.amount.amount;
            assert!(account.taken >= 0, "more went back than was taken");
            if charge.token == "loses_refunds" {
                return Err(Error::unknown("the answer is lost"));
            }
        }
        if account.taken == 0 {
            account.found = Some(MoneyState::Refunded);
        }
        Ok(ChargeOutcome::Done("b".to_owned()))
    }
}

impl Provider for Bank {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn offer(&self) -> PaymentProvider {
        PaymentProvider {
            name: "bank".to_owned(),
            label: "Bank".to_owned(),
            hint: String::new(),
            choices: Vec::new(),
        }
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer> {
        Box::pin(async move {
            if charge.token == "silent" {
                self.book().entry(charge.id).or_default().asked.push("authorise");
                return std::future::pending().await;
            }
            let answer = self.change(charge, "authorise", MoneyState::Authorised("b".to_owned()), 0);
            if charge.token == "slow" || charge.token == "charges_in_silence" {
                self.busy.fetch_add(1, Ordering::SeqCst);
                let wait = if charge.token == "slow" { 700 } else { 60_000 };
                tokio::time::sleep(Duration::from_millis(wait)).await;
                self.busy.fetch_sub(1, Ordering::SeqCst);
            }
            answer
        })
    }

    fn capture<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer> {
        let answer =
            self.change(charge, "capture", MoneyState::Captured("b".to_owned()), charge.amount.amount);
        Box::pin(async { answer })
    }

    fn void<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, ProviderAnswer> {
        let answer = self.change(charge, "void", MoneyState::Voided, 0);
        Box::pin(async { answer })
    }

    fn refund<'a>(&'a self, charge: &'a Charge, refund: &'a ChargeRefund) -> BoxFuture<'a, ProviderAnswer> {
        let answer = self.refund_once(charge, refund);
        Box::pin(async { answer })
    }

    fn look_up_refund<'a>(
        &'a self,
        charge: &'a Charge,
        refund: &'a ChargeRefund,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            self.open()?;
            let mut book = self.book();
            let account = book.entry(charge.id).or_default();
            account.asked.push("look_up_refund");
            Ok(account.back.contains_key(&refund.key))
        })
    }

    fn look_up<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<MoneyState, Error>> {
        Box::pin(async move {
            self.open()?;
            let mut book = self.book();
            let account = book.entry(charge.id).or_default();
            account.asked.push("look_up");
            Ok(account.found.clone().unwrap_or(MoneyState::Nothing))
        })
    }
}
