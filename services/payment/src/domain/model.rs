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

fn untouched(goal: Goal) -> Standing {
    Standing {
        state: PaymentState::Pending,
        goal,
        doubt: false,
        tries: 0,
        reference: None,
        failure: None,
        looked_up: false,
    }
}

/// The provider's side.
struct Book {
    money: Money,
    declines: bool,
    holds: u32,
    takes: u32,
    delayed: Vec<Step>,
}

impl Book {
    fn carry_out(&mut self, step: Step) -> Answer {
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
            (Step::Refund, Money::Taken | Money::Refunded) => {
                self.money = Money::Refunded;
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
            Event::Shipped => {
                // The shop ships only what it has heard is paid.
                if self.facts.contains(&Fact::Authorised) {
                    self.raise(Goal::Take);
                }
            }
            Event::Worked { fates, cancelled_at } => self.work(fates, *cancelled_at),
            Event::Arrived => {
                if let Some(step) = self.book.delayed.pop() {
                    self.book.carry_out(step);
                }
            }
        }
    }

    /// One claim, one conversation, one commit, unless the process dies on the way.
    fn work(&mut self, fates: &[Fate], cancelled_at: Option<usize>) {
        if !self.placed {
            return;
        }
        let Some(mut standing) = self.row.clone().filter(|row| row.next() != Next::Rest) else { return };
        if let Some(row) = &mut self.row {
            row.doubt = true;
        }
        let mut facts = Vec::new();
        let mut asked = 0;
        loop {
            let consequence = match standing.next() {
                Next::Rest => break,
                Next::Close => standing.close(),
                Next::Ask(step) => {
                    let fate = fates.get(asked).copied().unwrap_or(Fate::Answered);
                    if cancelled_at == Some(asked) {
                        self.happen(&Event::Cancelled);
                    }
                    asked += 1;
                    assert!(asked < 20, "a conversation without an end");
                    let answer = match fate {
                        Fate::Answered => self.book.carry_out(step),
                        Fate::Undone => Answer::Undone,
                        Fate::Dropped => Answer::Unknown,
                        Fate::Delayed => {
                            self.book.delayed.push(step);
                            Answer::Unknown
                        }
                        Fate::Lost => {
                            self.book.carry_out(step);
                            Answer::Unknown
                        }
                        Fate::CrashBefore => return,
                        Fate::CrashAfter => {
                            self.book.carry_out(step);
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
        if let Some(row) = &self.row {
            standing.raise(row.goal);
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
        8 => (vec(fate(), 0..6), prop::option::weighted(0.2, 0..4_usize))
            .prop_map(|(fates, cancelled_at)| Event::Worked { fates, cancelled_at }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn money_is_taken_once_or_not_at_all(
        events in vec(event(), 1..12),
        automatic: bool,
        declines in prop::bool::weighted(0.2),
        limit in 1..4_i64,
    ) {
        let book = Book { money: Money::Untouched, declines, holds: 0, takes: 0, delayed: Vec::new() };
        let own_goal = if automatic { Goal::Take } else { Goal::Hold };
        let mut shop =
            Shop { own_goal, limit, row: None, placed: false, cancelled: false, facts: Vec::new(), book };
        for event in &events {
            shop.happen(event);
        }
        // From here on nothing is lost any more, and what was delayed may arrive now or after the end.
        shop.happen(&Event::Placed);
        for _ in 0..10 {
            shop.happen(&Event::Worked { fates: Vec::new(), cancelled_at: None });
        }
        while !shop.book.delayed.is_empty() {
            shop.happen(&Event::Arrived);
        }
        let row = shop.row.clone().unwrap();
        prop_assert_eq!(row.next(), Next::Rest, "it ends: {:?}", row);
        prop_assert!(shop.book.holds <= 1 && shop.book.takes <= 1, "charged once");

        let mut counts = HashMap::new();
        shop.facts.iter().for_each(|fact| *counts.entry(*fact).or_insert(0) += 1);
        prop_assert!(counts.values().all(|count| *count == 1), "published once: {:?}", shop.facts);

        let published = |fact| shop.facts.contains(&fact);
        let gone = matches!(shop.book.money, Money::Untouched | Money::Closed | Money::Refunded);
        match row.state {
            PaymentState::Failed => prop_assert!(published(Fact::Failed) && gone),
            PaymentState::Voided => prop_assert!(published(Fact::Voided) && shop.book.money == Money::Closed),
            PaymentState::Refunded => {
                prop_assert!(published(Fact::Refunded) && shop.book.money == Money::Refunded);
            }
            PaymentState::Authorised => {
                prop_assert!(published(Fact::Authorised) && shop.book.money == Money::Held && !published(Fact::Failed));
            }
            PaymentState::Captured => {
                prop_assert!(published(Fact::Captured) && shop.book.money == Money::Taken && !published(Fact::Failed));
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
