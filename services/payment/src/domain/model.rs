//! The rules against a simple model: a provider's book, a network that loses and delays, a process that dies.

use std::collections::HashMap;

use payment_contract::PaymentState;
use proptest::{collection::vec, prelude::*};

use super::*;

/// What becomes of one question to the provider.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Answered,
    /// Carried out, but the answer is lost.
    Lost,
    /// Never arrives, and we cannot know.
    Dropped,
    /// Arrives later, when we have long given up waiting for it.
    Delayed,
    /// Never arrives, and we know.
    Undone,
    /// The process dies before the provider is asked.
    CrashBefore,
    /// The process dies when it was carried out.
    CrashAfter,
}

#[derive(Debug, Clone)]
enum Event {
    Placed,
    Cancelled,
    Shipped,
    /// The merchant refunds so much, if the order allows it; the news of it may come later.
    Refunded(i64),
    /// News of the oldest refund that is not known yet.
    RefundTold,
    /// A worker takes the payment up; a cancellation may come while it waits for the n-th answer.
    Worked {
        fates: Vec<Fate>,
        cancelled_at: Option<usize>,
    },
    /// One delayed question arrives.
    Arrived,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Money {
    Untouched,
    Held,
    Taken,
    Closed,
    Refunded,
}

/// What is paid.
const AMOUNT: i64 = 100;

fn refund_id(number: usize) -> RefundId {
    RefundId::from_uuid(uuid::Uuid::from_u128(number as u128))
}

fn untouched(goal: Goal) -> Standing {
    Standing {
        state: PaymentState::Pending,
        goal,
        doubt: false,
        tries: 0,
        reference: None,
        failure: None,
        looked_up: false,
        amount: AMOUNT,
        refunded: 0,
        refunds: Vec::new(),
        refusal: None,
    }
}

/// The provider's side.
struct Book {
    money: Money,
    declines: bool,
    holds: u32,
    takes: u32,
    delayed: Vec<(Step, Option<DueRefund>)>,
    /// What went back, by the refund's key; none is the key of all that is left.
    back: HashMap<Option<RefundId>, i64>,
    declines_refunds: bool,
}

impl Book {
    fn refund(&mut self, due: DueRefund) -> Answer {
        let back: i64 = self.back.values().sum();
        if self.back.contains_key(&due.id) {
            return Answer::Done("r".to_owned());
        }
        let is_refused = self.declines_refunds && due.id.is_some();
        if self.money != Money::Taken || is_refused || back + due.amount > AMOUNT {
            return Answer::Declined("no".to_owned());
        }
        self.back.insert(due.id, due.amount);
        if back + due.amount == AMOUNT {
            self.money = Money::Refunded;
        }
        Answer::Done("r".to_owned())
    }

    fn carry_out(&mut self, step: Step, due: Option<DueRefund>) -> Answer {
        match (step, due) {
            (Step::LookUp, Some(due)) => return Answer::RefundFound(self.back.contains_key(&due.id)),
            (Step::Refund, Some(due)) => return self.refund(due),
            _ => {}
        }
        let done = || Answer::Done("r".to_owned());
        let declined = || Answer::Declined("no".to_owned());
        match (step, self.money) {
            (Step::LookUp, money) => Answer::Found(match money {
                Money::Untouched => MoneyState::Nothing,
                Money::Held => MoneyState::Authorised("r".to_owned()),
                Money::Taken => MoneyState::Captured("r".to_owned()),
                Money::Closed => MoneyState::Voided,
                Money::Refunded => MoneyState::Refunded,
            }),
            (Step::Authorise, Money::Untouched) if !self.declines => {
                self.holds += 1;
                self.money = Money::Held;
                done()
            }
            (Step::Capture, Money::Held) => {
                self.takes += 1;
                self.money = Money::Taken;
                done()
            }
            (Step::Void, Money::Untouched | Money::Held | Money::Closed) => {
                self.money = Money::Closed;
                done()
            }
            (Step::Authorise, Money::Held | Money::Taken) | (Step::Capture, Money::Taken) => done(),
            _ => declined(),
        }
    }
}

struct Shop {
    own_goal: Goal,
    limit: i64,
    /// As the database has it; placed or not.
    row: Option<Standing>,
    placed: bool,
    cancelled: bool,
    facts: Vec<Fact>,
    book: Book,
    /// The refunds that the order granted, in order; how many of them are known.
    granted: Vec<i64>,
    told: usize,
}

impl Shop {
    fn raise(&mut self, goal: Goal) {
        self.row.get_or_insert_with(|| untouched(goal)).raise(goal);
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Placed => {
                self.raise(self.own_goal);
                self.placed = true;
            }
            Event::Cancelled => {
                self.raise(Goal::Return);
                self.cancelled = true;
            }
            Event::Refunded(amount) => {
                let is_paid = self.facts.contains(&Fact::Captured) && !self.facts.contains(&Fact::Failed);
                if is_paid && !self.cancelled && self.not_failed() + amount <= AMOUNT {
                    self.granted.push(*amount);
                }
            }
            Event::RefundTold => self.tell(),
            Event::Shipped => {
                // The shop ships only what it has heard is paid.
                if self.facts.contains(&Fact::Authorised) {
                    self.raise(Goal::Take);
                }
            }
            Event::Worked { fates, cancelled_at } => self.work(fates, *cancelled_at),
            Event::Arrived => {
                if let Some((step, due)) = self.book.delayed.pop() {
                    self.book.carry_out(step, due);
                }
            }
        }
    }

    /// What the order's refunds come to, without those that failed.
    fn not_failed(&self) -> i64 {
        let has_failed = |number| {
            self.facts
                .iter()
                .any(|fact| matches!(fact, Fact::RefundFailed(id, ..) if *id == refund_id(number)))
        };
        let amounts = self.granted.iter().enumerate().filter(|(number, _)| !has_failed(*number));
        amounts.map(|(_, amount)| amount).sum()
    }

    /// As the reaction to the news writes it: late once all that is left may be on its way back.
    fn tell(&mut self) {
        let Some(amount) = self.granted.get(self.told).copied() else { return };
        let row = self.row.as_mut().unwrap();
        let is_late = row.goal == Goal::Return;
        row.refunds.push(Refund { id: refund_id(self.told), amount, is_late, outcome: None });
        self.told += 1;
    }

    /// One claim, one conversation, one commit, unless the process dies on the way.
    fn work(&mut self, fates: &[Fate], cancelled_at: Option<usize>) {
        if !self.placed {
            return;
        }
        let Some(mut standing) = self.row.clone().filter(|row| row.next() != Next::Rest) else { return };
        let refunds = standing.refunds.clone();
        if let Some(row) = &mut self.row {
            row.doubt = true;
        }
        let mut facts = Vec::new();
        let mut asked = 0;
        loop {
            let consequence = match standing.next() {
                Next::Rest => break,
                Next::Close => standing.close(),
                Next::Settle => standing.settle(),
                Next::Ask(step) => {
                    let fate = fates.get(asked).copied().unwrap_or(Fate::Answered);
                    if cancelled_at == Some(asked) {
                        self.happen(&Event::Cancelled);
                    }
                    asked += 1;
                    assert!(asked < 20, "a conversation without an end");
                    let due = standing.due_refund();
                    let answer = match fate {
                        Fate::Answered => self.book.carry_out(step, due),
                        Fate::Undone => Answer::Undone,
                        Fate::Dropped => Answer::Unknown,
                        Fate::Delayed => {
                            self.book.delayed.push((step, due));
                            Answer::Unknown
                        }
                        Fate::Lost => {
                            self.book.carry_out(step, due);
                            Answer::Unknown
                        }
                        Fate::CrashBefore => return,
                        Fate::CrashAfter => {
                            self.book.carry_out(step, due);
                            return;
                        }
                    };
                    standing.apply(step, answer, self.limit)
                }
            };
            facts.extend(consequence.facts);
            if consequence.pause {
                break;
            }
        }
        standing.looked_up = false;
        standing.refusal = None;
        standing.refunds.retain(|refund| refund.outcome.is_none());
        if let Some(row) = &self.row {
            standing.raise(row.goal);
            // What was written during the conversation is in the database, too.
            let known = |refund: &Refund| refunds.iter().any(|before| before.id == refund.id);
            standing.refunds.extend(row.refunds.iter().filter(|refund| !known(refund)).cloned());
        }
        self.row = Some(standing);
        self.facts.extend(facts);
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        3 => Just(Fate::Answered),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Dropped),
        1 => Just(Fate::Delayed),
        1 => Just(Fate::Undone),
        1 => Just(Fate::CrashBefore),
        1 => Just(Fate::CrashAfter),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Placed),
        1 => Just(Event::Cancelled),
        1 => Just(Event::Shipped),
        1 => Just(Event::Arrived),
        3 => (1..=AMOUNT).prop_map(Event::Refunded),
        3 => Just(Event::RefundTold),
        8 => (vec(fate(), 0..6), prop::option::weighted(0.2, 0..4_usize))
            .prop_map(|(fates, cancelled_at)| Event::Worked { fates, cancelled_at }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn money_is_taken_once_or_not_at_all(
        events in vec(event(), 1..20),
        automatic in prop::bool::weighted(0.7),
        declines in prop::bool::weighted(0.2),
        declines_refunds in prop::bool::weighted(0.2),
        limit in 1..4_i64,
    ) {
        let book = Book { money: Money::Untouched, declines, holds: 0, takes: 0, delayed: Vec::new(), back: HashMap::new(), declines_refunds };
        let own_goal = if automatic { Goal::Take } else { Goal::Hold };
        let mut shop =
            Shop { own_goal, limit, row: None, placed: false, cancelled: false, facts: Vec::new(), book, granted: Vec::new(), told: 0 };
        for event in &events {
            shop.happen(event);
        }
        // From here on nothing is lost any more, and what was delayed may arrive now or after the end.
        shop.happen(&Event::Placed);
        for _ in 0..10 {
            shop.happen(&Event::RefundTold);
        }
        for _ in 0..20 {
            shop.happen(&Event::Worked { fates: Vec::new(), cancelled_at: None });
        }
        while !shop.book.delayed.is_empty() {
            shop.happen(&Event::Arrived);
        }
        let row = shop.row.clone().unwrap();
        prop_assert_eq!(row.next(), Next::Rest, "it ends: {:?}", row);
        prop_assert!(shop.book.holds <= 1 && shop.book.takes <= 1, "charged once");

        let mut counts = HashMap::new();
        shop.facts.iter().for_each(|fact| *counts.entry(format!("{fact:?}")).or_insert(0) += 1);
        prop_assert!(counts.values().all(|count| *count == 1), "published once: {:?}", shop.facts);
        for number in 0..shop.granted.len() {
            let is_its = |fact: &&Fact| match fact {
                Fact::Refunded(id, amount) => *id == Some(refund_id(number)) && *amount == shop.granted[number],
                Fact::RefundFailed(id, ..) => *id == refund_id(number),
                _ => false,
            };
            prop_assert_eq!(shop.facts.iter().filter(is_its).count(), 1, "each refund is answered: {:?}", shop.facts);
        }
        let back: i64 = shop.book.back.values().sum();
        prop_assert_eq!(back, row.refunded, "what the provider gave back is what is written");

        let published = |fact| shop.facts.contains(&fact);
        let rest_is_back = shop.facts.iter().any(|fact| matches!(fact, Fact::Refunded(..)));
        let gone = matches!(shop.book.money, Money::Untouched | Money::Closed | Money::Refunded);
        match row.state {
            PaymentState::Failed => prop_assert!(published(Fact::Failed) && gone),
            PaymentState::Voided => prop_assert!(published(Fact::Voided) && shop.book.money == Money::Closed),
            PaymentState::Refunded => {
                prop_assert!(rest_is_back && shop.book.money == Money::Refunded);
            }
            PaymentState::Authorised => {
                prop_assert!(published(Fact::Authorised) && shop.book.money == Money::Held && !published(Fact::Failed));
            }
            PaymentState::Captured => {
                prop_assert!(published(Fact::Captured) && shop.book.money == Money::Taken && !published(Fact::Failed));
                prop_assert_eq!(back, shop.not_failed(), "what was granted went back, and no more");
            }
            PaymentState::Pending => prop_assert!(false, "a payment that rests is not pending"),
        }
        if shop.cancelled {
            prop_assert!(gone, "nothing is kept for a cancelled order: {:?}", shop.book.money);
        }
        let unpaid = !published(Fact::Authorised) && !published(Fact::Captured);
        if !shop.cancelled && unpaid {
            prop_assert!(published(Fact::Failed), "an order that waits is told: {:?}", shop.facts);
        }
    }
}
