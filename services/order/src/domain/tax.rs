//! Tax, rounded line by line; the sums of an order are the sums of its lines, so they always add up.

use message::Money;
use order_contract::{Quantity, Totals};

/// The whole in basis points: 100 %.
const WHOLE: i128 = 10_000;

/// The sums of one line, or nothing if they are too large to be money.
///
/// `rate` is in basis points. The tax is rounded to the minor unit, halves away from zero.
pub fn line_totals(
    unit_price: Money,
    quantity: Quantity,
    rate: i64,
    prices_include_tax: bool,
) -> Option<Totals> {
    let shown = unit_price.checked_mul(quantity.get())?;
    let rate = i128::from(rate);
    let tax = if prices_include_tax {
        divide_rounded(i128::from(shown.amount) * rate, WHOLE + rate)?
    } else {
        divide_rounded(i128::from(shown.amount) * rate, WHOLE)?
    };
    let money = |amount| Money::new(amount, unit_price.currency);
    let (subtotal, total) = if prices_include_tax {
        (shown.amount.checked_sub(tax)?, shown.amount)
    } else {
        (shown.amount, shown.amount.checked_add(tax)?)
    };
    Some(Totals { subtotal: money(subtotal), tax: money(tax), total: money(total) })
}

/// A price without the tax of `rate` basis points in it.
pub fn without_tax(price: Money, rate: i64) -> Money {
    let tax = divide_rounded(i128::from(price.amount) * i128::from(rate), WHOLE + i128::from(rate));
    // The tax is less than the price, so there is one.
    Money::new(price.amount - tax.unwrap_or_default(), price.currency)
}

/// The sums of all lines, or nothing if their currencies differ or they are too large to be money.
pub fn sum(lines: impl IntoIterator<Item = Totals>) -> Option<Totals> {
    lines.into_iter().map(Some).reduce(|sum, line| add(sum?, line?)).flatten()
}

fn add(a: Totals, b: Totals) -> Option<Totals> {
    Some(Totals {
        subtotal: a.subtotal.checked_add(b.subtotal)?,
        tax: a.tax.checked_add(b.tax)?,
        total: a.total.checked_add(b.total)?,
    })
}

/// `a / b` to the nearest whole number, halves away from zero; `b` is positive.
fn divide_rounded(a: i128, b: i128) -> Option<i64> {
    let doubled = (a.abs() * 2 + b) / (b * 2);
    i64::try_from(doubled * a.signum()).ok()
}

#[cfg(test)]
mod tests {
    use message::Currency;
    use proptest::prelude::*;

    use super::*;

    fn rupees(amount: i64) -> Money {
        Money::new(amount, Currency::INR)
    }

    fn quantity(count: i64) -> Quantity {
        count.try_into().unwrap()
    }

    #[test]
    fn eighteen_percent_on_top_and_inside() {
        let on_top = line_totals(rupees(100_000), quantity(2), 1800, false).unwrap();
        assert_eq!(
            (on_top.subtotal.amount, on_top.tax.amount, on_top.total.amount),
            (200_000, 36_000, 236_000)
        );
        let inside = line_totals(rupees(118_000), quantity(2), 1800, true).unwrap();
        assert_eq!(
            (inside.subtotal.amount, inside.tax.amount, inside.total.amount),
            (200_000, 36_000, 236_000)
        );
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(divide_rounded(5, 10), Some(1));
        assert_eq!(divide_rounded(4, 10), Some(0));
        assert_eq!(divide_rounded(-5, 10), Some(-1));
    }

    #[test]
    fn too_much_money_is_refused() {
        assert_eq!(line_totals(rupees(i64::MAX / 2), quantity(3), 0, true), None);
        assert_eq!(line_totals(rupees(i64::MAX), quantity(1), 1, false), None);
        let line = line_totals(rupees(i64::MAX), quantity(1), 0, true).unwrap();
        assert_eq!(sum([line, line]), None);
    }

    proptest! {
        #[test]
        fn sums_add_up_and_tax_is_within_half_a_unit(
            lines in prop::collection::vec((0_i64..1_000_000_000, 1_i64..10_000, 0_i64..10_000), 1..40),
            inclusive: bool,
        ) {
            let totals: Vec<_> = lines
                .iter()
                .map(|(price, count, rate)| line_totals(rupees(*price), quantity(*count), *rate, inclusive).unwrap())
                .collect();
            for (line, (price, count, rate)) in totals.iter().zip(&lines) {
                prop_assert_eq!(line.subtotal.amount + line.tax.amount, line.total.amount);
                let shown = if inclusive { line.total } else { line.subtotal };
                prop_assert_eq!(shown.amount, price * count);
                // |tax - exact| <= 1/2, kept in whole numbers.
                let whole = if inclusive { 10_000 + i128::from(*rate) } else { 10_000 };
                let error = i128::from(line.tax.amount) * whole - i128::from(shown.amount) * i128::from(*rate);
                prop_assert!(error.abs() * 2 <= whole);
            }
            let all = sum(totals.iter().copied()).unwrap();
            prop_assert_eq!(all.subtotal.amount + all.tax.amount, all.total.amount);
            prop_assert_eq!(all.tax.amount, totals.iter().map(|line| line.tax.amount).sum::<i64>());
        }
    }
}
