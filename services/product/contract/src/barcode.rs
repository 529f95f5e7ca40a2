//! Barcodes: GTINs with their check digit, and codes of a shop's own.

use message::{Example, Invalid, example::valid, text::is_one_line};

message::checked_text! {
    /// A barcode: a GTIN (EAN, UPC, ISBN-13) of 8, 12, 13 or 14 digits with its check digit, or a code of the shop's own, 1 to
    /// 64 characters on one line.
    pub struct Barcode {
        fits: |text| check(text).is_ok(),
        expected: "a GTIN of 8, 12, 13 or 14 digits with the right check digit, or another code of at most 64 characters",
        schema: { "pattern": r"^\S(.*\S)?$", "maxLength": 64 },
    }
}

impl Barcode {
    /// The digits, if it is a GTIN: those of other systems look it up by them.
    pub fn gtin(&self) -> Option<&str> {
        Some(self.as_str()).filter(|text| is_gtin_length(text))
    }
}

/// What is wrong with `text`, which names the right digit or the right code where there is one.
fn check(text: &str) -> Result<(), Invalid> {
    if !is_one_line(text, 1..=64) {
        return Err(Invalid::new("expected 1 to 64 characters on one line, without blanks at the ends"));
    }
    let digits: String = text.chars().filter(|letter| !matches!(letter, '-' | ' ')).collect();
    if let Some(right) = isbn_13(&digits) {
        return Err(Invalid::new(format!("this is an ISBN-10; its barcode is {right}")));
    }
    if !is_gtin_length(&digits) {
        return Ok(());
    }
    let (body, given) = digits.split_at(digits.len() - 1);
    let right = check_digit(body);
    if given != right.to_string() {
        // Parted digits may well be a code of the shop's own.
        return if digits.len() < text.len() {
            Ok(())
        } else {
            let detail = format!("expected {right} as the check digit of {body}, not {given}");
            Err(Invalid::new(detail))
        };
    }
    if digits.len() < text.len() {
        return Err(Invalid::new(format!("expected the digits alone: {digits}")));
    }
    if digits.bytes().all(|digit| digit == b'0') {
        return Err(Invalid::new("expected a barcode that is not all zeros"));
    }
    Ok(())
}

fn is_gtin_length(text: &str) -> bool {
    matches!(text.len(), 8 | 12 | 13 | 14) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The last digit of a GTIN that begins with these (GS1 General Specifications, 7.9).
fn check_digit(body: &str) -> u32 {
    let digits = body.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits.zip([3, 1].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    (10 - sum % 10) % 10
}

/// The ISBN-13 of an ISBN-10; `None` if it is none.
fn isbn_13(text: &str) -> Option<String> {
    let (body, last) = text.split_at_checked(9)?;
    if text.len() != 10 || !body.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let last = match last {
        "X" | "x" => 10,
        digit => digit.parse::<u32>().ok()?,
    };
    let sum: u32 = body.bytes().zip(1..).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    if sum % 11 != last || sum == 0 {
        return None;
    }
    let body = format!("978{body}");
    Some(format!("{body}{}", check_digit(&body)))
}

impl Example for Barcode {
    fn example() -> Self {
        valid("4006381333931".parse())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use testing::check_schema;

    use super::*;

    fn refusal(text: &str) -> String {
        check(text).unwrap_err().to_string()
    }

    #[test]
    fn gtins_have_their_check_digit() {
        for good in ["96385074", "036000291452", "4006381333931", "9780306406157", "10012345678902"] {
            let barcode: Barcode = good.parse().unwrap();
            assert_eq!(barcode.gtin(), Some(good));
        }
        assert_eq!(refusal("4006381333932"), "expected 1 as the check digit of 400638133393, not 2");
        assert_eq!(refusal("978-0-306-40615-7"), "expected the digits alone: 9780306406157");
        assert_eq!(refusal("00000000"), "expected a barcode that is not all zeros");
    }

    #[test]
    fn an_isbn_10_is_named_with_its_barcode() {
        for old in ["0306406152", "0-306-40615-2"] {
            assert_eq!(refusal(old), "this is an ISBN-10; its barcode is 9780306406157");
        }
        assert!(refusal("080442957X").ends_with("9780804429573"));
        assert!("0306406153".parse::<Barcode>().is_ok());
    }

    #[test]
    fn codes_of_a_shops_own_are_kept() {
        for own in
            ["1", "63826-1000", "Not specified", "ABC-123/4", "12345", "638-26100", "बार-1", "0000000000"]
        {
            let barcode: Barcode = own.parse().unwrap();
            assert_eq!((barcode.as_str(), barcode.gtin()), (own, None));
        }
        for bad in ["", " ", " 1", "1\n2"] {
            assert!(bad.parse::<Barcode>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_schema_allows_what_is_read() {
        check_schema::<Barcode>(
            &[json!("4006381333931"), json!("A"), json!("a".repeat(64))],
            &[json!(""), json!(" a"), json!("a".repeat(65)), json!(4_006_381_333_931_i64)],
        );
    }

    proptest! {
        /// One wrong digit, or two neighbours that are no 5 apart and changed places, are found.
        #[test]
        fn one_wrong_digit_is_found(body in "[0-9]{7}|[0-9]{11,13}", place in 0_usize..14, shift in 1_u8..10) {
            let right = format!("{body}{}", check_digit(&body));
            prop_assume!(right.bytes().any(|digit| digit != b'0'));
            prop_assert!(check(&right).is_ok());
            let mut wrong = right.into_bytes();
            let place = place % wrong.len();
            wrong[place] = (wrong[place] - b'0' + shift) % 10 + b'0';
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert!(check(&wrong).is_err());
        }
    }
}
