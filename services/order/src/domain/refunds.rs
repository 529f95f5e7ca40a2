//! What a refund comes to: cumulative shares of what was paid for each line, so that parts add up to the whole and never
//! pass it.

use std::collections::HashSet;

use message::{FieldError, Money};
use order_contract::{Order, OrderError, OrderLine, RefundLine, RefundState, RefundedLine};
use product_contract::VariantId;

/// What is asked to go back.
#[derive(Debug, Clone, Copy)]
pub enum Wish<'a> {
    /// All that is left.
    All,
    /// So much, shared over the lines.
    Amount(Money),
    /// Units or amounts of lines.
    Lines(&'a [RefundLine]),
}

/// What goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundShare {
    /// How much; more than 0.
    pub amount: Money,
    /// The tax in it.
    pub tax: Money,
    /// The lines that it is for.
    pub lines: Vec<RefundedLine>,
}

/// A line, and what went back for it before.
struct Account<'o> {
    line: &'o OrderLine,
    units: i64,
    amount: i64,
    tax: i64,
}

impl Account<'_> {
    fn total(&self) -> i64 {
        self.line.totals.total.amount
    }

    fn rest(&self) -> i64 {
        (self.total() - self.amount).max(0)
    }

    fn units_left(&self) -> i64 {
        (self.line.quantity.get() - self.units).max(0)
    }

    /// What is left of the first units, these included: their share of the line's total, rounded down, without what went
    /// back before.
    fn of_units(&self, units: i64) -> i64 {
        let of_first = i128::from(self.total()) * i128::from(self.units + units);
        let share = of_first / i128::from(self.line.quantity.get());
        (i64::try_from(share).unwrap_or(i64::MAX) - self.amount).clamp(0, self.rest())
    }

    /// The tax in `amount`: the share of all that went back so far, rounded half up, without what went back before.
    fn tax_of(&self, amount: i64) -> i64 {
        let (total, tax) = (i128::from(self.total()), i128::from(self.line.totals.tax.amount));
        if total == 0 {
            return 0;
        }
        let all = (2 * tax * i128::from(self.amount + amount) + total) / (2 * total);
        i64::try_from(all).unwrap_or(i64::MAX) - self.tax
    }

    fn part(&self, quantity: i64, amount: i64) -> RefundedLine {
        let money = |amount| Money::new(amount, self.line.unit_price.currency);
        RefundedLine {
            variant_id: self.line.variant_id,
            quantity,
            amount: money(amount),
            tax: money(self.tax_of(amount)),
        }
    }
}

/// What can still go back of an order.
pub fn refundable(order: &Order) -> Money {
    let amount = |money: Option<Money>| money.map_or(0, |money| money.amount);
    Money::new(amount(order.paid) - amount(order.refunded), order.totals.total.currency)
}

/// Decides what goes back. Nothing goes back twice, and no more than was captured.
pub fn decide(order: &Order, wish: Wish<'_>) -> Result<RefundShare, OrderError> {
    let refundable = refundable(order);
    let accounts = accounts(order);
    let lines = match wish {
        Wish::All => of_amount(&accounts, refundable.amount, true),
        Wish::Amount(amount) => {
            check_amount(amount, refundable, "/amount").map_err(|error| OrderError::Invalid(vec![error]))?;
            if amount.amount > refundable.amount {
                return Err(OrderError::TooMuch { refundable });
            }
            of_amount(&accounts, amount.amount, false)
        }
        Wish::Lines(lines) => of_lines(&accounts, lines, refundable)?,
    };
    let sum = |amounts: &mut dyn Iterator<Item = i64>| Money::new(amounts.sum(), refundable.currency);
    let amount = sum(&mut lines.iter().map(|line| line.amount.amount));
    let tax = sum(&mut lines.iter().map(|line| line.tax.amount));
    if amount.amount <= 0 || amount.amount > refundable.amount {
        return Err(OrderError::TooMuch { refundable });
    }
    Ok(RefundShare { amount, tax, lines })
}

fn accounts(order: &Order) -> Vec<Account<'_>> {
    let counted = || order.refunds.iter().filter(|refund| refund.state != RefundState::Failed);
    let account = |line| {
        let mut account = Account { line, units: 0, amount: 0, tax: 0 };
        for part in counted().flat_map(|refund| &refund.lines) {
            if part.variant_id == account.line.variant_id {
                account.units += part.quantity;
                account.amount += part.amount.amount;
                account.tax += part.tax.amount;
            }
        }
        account
    };
    order.lines.iter().map(account).collect()
}

/// Shares an amount over the lines in proportion to what is left of them, largest remainder first, ties to the earlier line.
fn of_amount(accounts: &[Account<'_>], amount: i64, with_units: bool) -> Vec<RefundedLine> {
    let rests: Vec<i128> = accounts.iter().map(|account| i128::from(account.rest())).collect();
    let whole: i128 = rests.iter().sum();
    let amount = i128::from(amount).clamp(0, whole);
    if whole == 0 {
        return Vec::new();
    }
    let mut shares: Vec<i128> = rests.iter().map(|rest| amount * rest / whole).collect();
    let mut left = amount - shares.iter().sum::<i128>();
    let mut by_remainder: Vec<usize> = (0..rests.len()).collect();
    let remainder = |index: &usize| rests.get(*index).map_or(0, |rest| amount * rest % whole);
    by_remainder.sort_by_key(|index| std::cmp::Reverse(remainder(index)));
    for index in by_remainder {
        if let Some(share) = shares.get_mut(index).filter(|_| left > 0) {
            *share += 1;
            left -= 1;
        }
    }
    let part = |(account, share): (&Account<'_>, i128)| {
        let share = i64::try_from(share).unwrap_or(i64::MAX);
        let units = if with_units { account.units_left() } else { 0 };
        (share > 0 || units > 0).then(|| account.part(units, share))
    };
    accounts.iter().zip(shares).filter_map(part).collect()
}

fn of_lines(
    accounts: &[Account<'_>],
    wanted: &[RefundLine],
    refundable: Money,
) -> Result<Vec<RefundedLine>, OrderError> {
    let mut errors = Vec::new();
    let mut parts: Vec<(usize, RefundedLine)> = Vec::with_capacity(wanted.len());
    let mut seen: HashSet<VariantId> = HashSet::new();
    for (at, wish) in wanted.iter().enumerate() {
        let pointer = format!("/lines/{at}");
        let place = accounts.iter().position(|account| account.line.variant_id == wish.variant_id);
        let account = place.and_then(|place| Some((place, accounts.get(place)?)));
        let Some((place, account)) = account.filter(|_| seen.insert(wish.variant_id)) else {
            let detail = "expected a variant of the order, each once";
            errors.push(FieldError::new(format!("{pointer}/variant_id"), detail));
            continue;
        };
        errors.extend(wish.check(&pointer));
        let rest = Money::new(account.rest(), refundable.currency);
        let (units, amount) = match (wish.quantity, wish.amount) {
            (Some(units), _) => (units.get(), account.of_units(units.get())),
            (None, Some(amount)) => {
                errors.extend(check_amount(amount, refundable, &format!("{pointer}/amount")).err());
                (0, amount.amount)
            }
            (None, None) => continue,
        };
        if errors.is_empty() && (units > account.units_left() || amount > account.rest()) {
            return Err(OrderError::TooMuch { refundable: rest });
        }
        parts.push((place, account.part(units, amount)));
    }
    if !errors.is_empty() {
        return Err(OrderError::Invalid(errors));
    }
    parts.sort_by_key(|(place, _)| *place);
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

fn check_amount(amount: Money, refundable: Money, pointer: &str) -> Result<(), FieldError> {
    if amount.currency != refundable.currency {
        let detail = format!("expected {}, the currency of the order", refundable.currency.code());
        return Err(FieldError::new(format!("{pointer}/currency"), detail));
    }
    if amount.amount < 1 {
        return Err(FieldError::new(format!("{pointer}/amount"), "expected 1 or more"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
