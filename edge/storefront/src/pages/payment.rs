//! The ways to pay on the buy form. The form writes a way to pay as `provider/token`.

use order_contract::PaymentMethod;
use payment_contract::PaymentProvider;

use crate::views::{PaymentGroup, PaymentOption};

/// The choices that the form shows.
pub(super) fn groups(providers: &[PaymentProvider]) -> Vec<PaymentGroup> {
    let group = |provider: &PaymentProvider| PaymentGroup {
        label: provider.label.clone(),
        hint: provider.hint.clone(),
        options: provider
            .choices
            .iter()
            .map(|choice| PaymentOption {
                value: value(&provider.name, &choice.token),
                label: choice.label.clone(),
                hint: choice.hint.clone(),
            })
            .collect(),
    };
    providers.iter().map(group).collect()
}

/// The choice that a fresh form has made.
pub(super) fn first(providers: &[PaymentProvider]) -> Option<String> {
    let provider = providers.first()?;
    Some(value(&provider.name, &provider.choices.first()?.token))
}

/// Reads a choice, which must be one that the form shows. While no providers are known, any that can be read will do:
/// the form may come from another process that knows them, and `order` refuses unknown providers.
pub(super) fn read(choice: &str, providers: &[PaymentProvider]) -> Option<PaymentMethod> {
    let (provider, token) = choice.split_once('/')?;
    let known = providers.is_empty()
        || providers
            .iter()
            .any(|known| known.name == provider && known.choices.iter().any(|choice| choice.token == token));
    let method = PaymentMethod { provider: provider.parse().ok()?, token: token.parse().ok()? };
    known.then_some(method)
}

fn value(provider: &str, token: &str) -> String {
    format!("{provider}/{token}")
}

#[cfg(test)]
mod tests {
    use payment_contract::PaymentChoice;

    use super::*;

    #[test]
    fn a_choice_of_the_form_is_read_back() {
        let choice =
            |token: &str| PaymentChoice { token: token.into(), label: String::new(), hint: String::new() };
        let provider = |name: &str, tokens: &[&str]| PaymentProvider {
            name: name.into(),
            label: name.into(),
            hint: String::new(),
            choices: tokens.iter().copied().map(choice).collect(),
        };
        let providers = [provider("bank", &["a", "b/c"]), provider("test", &["a"])];
        for group in groups(&providers) {
            for option in group.options {
                let method = read(&option.value, &providers).unwrap();
                assert_eq!(format!("{}/{}", method.provider, method.token), option.value);
                assert_eq!(read(&option.value, &[]), Some(method));
            }
        }
        assert_eq!(first(&providers).as_deref(), Some("bank/a"));
        for wrong in ["", "bank", "bank/x", "test/b/c", "none/a", "/a", "bank/"] {
            assert_eq!(read(wrong, &providers), None, "{wrong}");
        }
    }
}
