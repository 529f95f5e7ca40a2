//! Cases of other engines (ref-01, 03, 13, 14, 16, 24, 27 and their kinds), and any sequence of refunds against a ledger.

use message::{Currency, Entity, Id, Money, Timestamp};
use order_contract::{OrderRefund, OrderStatus, Quantity, Totals};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn id<E>(number: usize) -> Id<E>
where
    E: Entity,
{
    Id::from_uuid(Uuid::from_u128(number as u128))
}

fn money(amount: i64) -> Money {
    Money::new(amount, Currency::INR)
}

/// An order that is paid, with lines of so many units, so much in all and so much tax in it.
fn order(lines: &[(i64, i64, i64)]) -> Order {
    let line = |(number, (units, total, tax)): (usize, &(i64, i64, i64))| OrderLine {
        variant_id: id(number),
        quantity: Quantity::try_from(*units).unwrap(),
        unit_price: money(total / units),
        totals: Totals { subtotal: money(total - tax), tax: money(*tax), total: money(*total) },
        ..message::Example::example()
    };
    let total: i64 = lines.iter().map(|(_, total, _)| total).sum();
    let order: Order = message::Example::example();
    Order {
        status: OrderStatus::Delivered,
        lines: lines.iter().enumerate().map(line).collect(),
        totals: Totals { total: money(total), ..order.totals },
        refunds: Vec::new(),
        paid: Some(money(total)),
        refunded: Some(money(0)),
        ..order
    }
}

fn units(line: usize, units: i64) -> RefundLine {
    RefundLine { variant_id: id(line), quantity: Some(Quantity::try_from(units).unwrap()), amount: None }
}

fn amount(line: usize, amount: i64) -> RefundLine {
    RefundLine { variant_id: id(line), quantity: None, amount: Some(money(amount)) }
}

fn too_much(refundable: i64) -> OrderError {
    OrderError::TooMuch { refundable: money(refundable) }
}

/// Decides and books; what goes back, and the tax in it.
fn refund(order: &mut Order, wish: Wish<'_>) -> Result<(i64, i64), OrderError> {
    let RefundShare { amount, tax, lines } = decide(order, wish)?;
    order.refunded = Some(money(order.refunded.unwrap().amount + amount.amount));
    let at = Timestamp::from_micros(0);
    let refund = OrderRefund { amount, tax, lines, requested_at: at, ..message::Example::example() };
    order.refunds.push(refund);
    Ok((amount.amount, tax.amount))
}

#[test]
fn units_come_back_once() {
    let mut order = order(&[(2, 2000, 0)]);
    assert_eq!(refund(&mut order, Wish::Lines(&[units(0, 99)])), Err(too_much(2000)));
    assert_eq!(refund(&mut order, Wish::Lines(&[units(0, 1)])), Ok((1000, 0)));
    assert_eq!(refund(&mut order, Wish::Lines(&[units(0, 2)])), Err(too_much(1000)));
    assert_eq!(refund(&mut order, Wish::Lines(&[units(0, 1)])), Ok((1000, 0)));
    assert_eq!(refund(&mut order, Wish::Lines(&[units(0, 1)])), Err(too_much(0)));
    assert_eq!(refund(&mut order, Wish::All), Err(too_much(0)));
}

#[test]
fn a_part_of_a_line_and_then_a_unit_is_the_rest_of_the_unit() {
    let mut order = order(&[(2, 2460, 460)]);
    assert_eq!(refund(&mut order, Wish::Lines(&[amount(0, 500)])), Ok((500, 93)));
    assert_eq!(refund(&mut order, Wish::Lines(&[units(0, 1)])), Ok((730, 137)));
    assert_eq!(refund(&mut order, Wish::All), Ok((1230, 230)));
}

#[test]
fn units_of_uneven_lines_add_up_to_the_whole() {
    let mut uneven = order(&[(10, 17_925, 2988)]);
    assert_eq!(refund(&mut uneven, Wish::Lines(&[units(0, 1)])), Ok((1792, 299)));
    assert_eq!(refund(&mut uneven, Wish::Lines(&[units(0, 1)])), Ok((1793, 299)));
    assert_eq!(refund(&mut uneven, Wish::Lines(&[units(0, 8)])), Ok((14_340, 2390)));
    let mut thirds = order(&[(3, 9915, 0)]);
    for _ in 0..3 {
        assert_eq!(refund(&mut thirds, Wish::Lines(&[units(0, 1)])), Ok((3305, 0)));
    }
}

#[test]
fn many_small_parts_never_pass_the_tax_that_was_paid() {
    let mut order = order(&[(1, 62, 10)]);
    for (part, tax) in [(32, 5), (9, 2), (8, 1), (3, 0), (6, 1), (3, 1)] {
        assert_eq!(refund(&mut order, Wish::Lines(&[amount(0, part)])), Ok((part, tax)));
    }
    assert_eq!(refund(&mut order, Wish::Lines(&[amount(0, 2)])), Err(too_much(1)));
    assert_eq!(refund(&mut order, Wish::All), Ok((1, 0)));
}

#[test]
fn nothing_before_it_is_captured_and_nothing_above_it() {
    let mut order = order(&[(1, 4575, 0)]);
    let unpaid = Order { paid: Some(money(0)), ..order.clone() };
    assert_eq!(decide(&unpaid, Wish::All), Err(too_much(0)));
    assert_eq!(decide(&unpaid, Wish::Lines(&[units(0, 1)])), Err(too_much(0)));
    assert_eq!(refund(&mut order, Wish::Amount(money(5575))), Err(too_much(4575)));
    assert_eq!(refund(&mut order, Wish::Amount(money(1000))), Ok((1000, 0)));
    assert_eq!(refund(&mut order, Wish::Amount(money(3576))), Err(too_much(3575)));
    assert_eq!(refund(&mut order, Wish::Amount(money(3575))), Ok((3575, 0)));
}

#[test]
fn an_amount_is_shared_by_what_is_left_of_the_lines() {
    let mut order = order(&[(1, 200, 0), (1, 200, 0), (1, 200, 0)]);
    let share = decide(&order, Wish::Amount(money(400))).unwrap();
    assert_eq!(share.lines.iter().map(|line| line.amount.amount).collect::<Vec<_>>(), [134, 133, 133]);
    refund(&mut order, Wish::Amount(money(400))).unwrap();
    assert_eq!(refund(&mut order, Wish::All), Ok((200, 0)));
}

#[test]
fn what_cannot_be_read_is_named() {
    let order = order(&[(2, 2000, 0), (1, 5, 0)]);
    let pointers = |wish| match decide(&order, wish) {
        Err(OrderError::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let dollars = Money::new(5, "USD".parse().unwrap());
    let nothing = RefundLine { variant_id: id(0), quantity: None, amount: None };
    assert_eq!(pointers(Wish::Amount(dollars)), ["/amount/currency"]);
    assert_eq!(pointers(Wish::Amount(money(0))), ["/amount/amount"]);
    let wrong = [units(7, 1), units(0, 1), units(0, 1), nothing.clone(), amount(1, -1)];
    assert_eq!(
        pointers(Wish::Lines(&wrong)),
        ["/lines/0/variant_id", "/lines/2/variant_id", "/lines/3/variant_id", "/lines/4/amount/amount"]
    );
    assert_eq!(pointers(Wish::Lines(&[nothing])), ["/lines/0"]);
}

proptest! {
    /// The ledger: what went back of each line is never above what was paid for it, nor its tax; the rest makes it whole.
    #[test]
    fn any_refunds_stay_below_what_was_paid_and_add_up(
        lines in prop::collection::vec((1_i64..7, 0_i64..5000, 0_i64..40), 1..4),
        wishes in prop::collection::vec((0_usize..3, 0_usize..4, 1_i64..3000), 0..12),
    ) {
        let lines: Vec<_> = lines.iter().map(|(units, total, rate)| (*units, *total, total * rate / 140)).collect();
        let mut order = order(&lines);
        let total = order.totals.total.amount;
        for (kind, line, size) in wishes {
            let _ = match kind {
                0 => refund(&mut order, Wish::Lines(&[units(line, 1 + size % 6)])),
                1 => refund(&mut order, Wish::Lines(&[amount(line, size)])),
                _ => refund(&mut order, Wish::Amount(money(size))),
            };
            for account in accounts(&order) {
                prop_assert!((0..=account.total()).contains(&account.amount));
                prop_assert!((0..=account.line.totals.tax.amount).contains(&account.tax));
                prop_assert!(account.units <= account.line.quantity.get());
            }
        }
        let left = refundable(&order).amount;
        prop_assert_eq!(refund(&mut order, Wish::All).is_ok(), left > 0);
        prop_assert_eq!(order.refunded.unwrap().amount, total);
        for account in accounts(&order) {
            prop_assert_eq!((account.rest(), account.tax), (0, if account.total() > 0 { account.line.totals.tax.amount } else { 0 }));
        }
    }
}
