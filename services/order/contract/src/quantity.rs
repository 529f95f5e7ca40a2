//! How many of a variant an order can have.

use message::Example;

message::whole_number! {
    /// How many: 1 to 10,000.
    pub struct Quantity: 1..=10_000;
}

impl Example for Quantity {
    fn example() -> Self {
        Self(2)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(Quantity::try_from(1).map(Quantity::get), Ok(1));
        for bad in [0, -1, 10_001, i64::MAX, i64::MIN] {
            assert!(Quantity::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_schema_allows_what_is_read() {
        check_schema::<Quantity>(
            &[json!(1), json!(10_000), json!(2.0)],
            &[json!(0), json!(10_001), json!("1"), json!(1.5)],
        );
    }
}
