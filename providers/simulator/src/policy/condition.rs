//! Conditions: an operator, a key of the request, and the values that the policy compares it with.

use std::net::IpAddr;

use super::context::Context;
use super::pattern::Pattern;

/// One key of one operator. All conditions of a statement must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    set: Option<Set>,
    test: Test,
    is_negated: bool,
    /// A key that the request lacks does not matter.
    if_exists: bool,
    key: String,
    values: Vec<Value>,
}

/// How the values of a key with several of them are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Arn,
    Bool,
    Binary,
    IpAddress,
    Null,
    Numeric(Order),
    Date(Order),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equals,
    Less,
    LessOrEquals,
    Greater,
    GreaterOrEquals,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    text: String,
    pattern: Pattern,
}

impl Condition {
    /// Reads a condition; `None` if there is no such operator or a value is not of its kind.
    pub(super) fn read(operator: &str, key: &str, values: &[String], has_variables: bool) -> Option<Condition> {
        let (set, operator) = match operator.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Set::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
            Some(_) => return None,
            None => (None, operator),
        };
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(rest) => (rest, true),
            None => (operator, false),
        };
        let (test, is_negated) = test_of(operator)?;
        // Asking whether a key exists, if it exists, is refused by IAM.
        if test == Test::Null && (if_exists || set.is_some()) {
            return None;
        }
        if !values.iter().all(|value| test.takes(value, has_variables)) {
            return None;
        }
        let values = values.iter().map(|text| {
            let pattern = match test {
                Test::StringLike | Test::Arn => Pattern::parse(text, has_variables),
                _ => Pattern::exact(text, has_variables),
            };
            Value { text: text.clone(), pattern }
        });
        Some(Condition { set, test, is_negated, if_exists, key: key.to_owned(), values: values.collect() })
    }

    /// Tells whether the condition holds for a request.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let values = context.values(&self.key).filter(|values| !values.is_empty());
        if self.test == Test::Null {
            let is_null = values.is_none();
            return self.values.iter().any(|value| value.text.eq_ignore_ascii_case("true") == is_null);
        }
        match (values, self.set) {
            (None, Some(Set::All)) => true,
            (None, Some(Set::Any)) => self.if_exists,
            // "Not equal" holds for what is not there.
            (None, None) => self.if_exists || self.is_negated,
            (Some(values), Some(Set::All)) => values.iter().all(|value| self.is_passed_by(value, context)),
            (Some(values), Some(Set::Any)) => values.iter().any(|value| self.is_passed_by(value, context)),
            (Some(values), None) if self.is_negated => values.iter().all(|value| self.is_passed_by(value, context)),
            (Some(values), None) => values.iter().any(|value| self.is_passed_by(value, context)),
        }
    }

    /// The policy's values are alternatives; for a negated operator none of them may match.
    fn is_passed_by(&self, actual: &str, context: &Context) -> bool {
        self.values.iter().any(|wanted| self.test.matches(wanted, actual, context)) != self.is_negated
    }
}

fn test_of(operator: &str) -> Option<(Test, bool)> {
    let positive = |test| Some((test, false));
    let negative = |test| Some((test, true));
    match operator {
        "StringEquals" => positive(Test::StringEquals),
        "StringNotEquals" => negative(Test::StringEquals),
        "StringEqualsIgnoreCase" => positive(Test::StringEqualsIgnoreCase),
        "StringNotEqualsIgnoreCase" => negative(Test::StringEqualsIgnoreCase),
        "StringLike" => positive(Test::StringLike),
        "StringNotLike" => negative(Test::StringLike),
        // "ArnEquals and ArnLike behave identically."
        "ArnEquals" | "ArnLike" => positive(Test::Arn),
        "ArnNotEquals" | "ArnNotLike" => negative(Test::Arn),
        "Bool" => positive(Test::Bool),
        "BinaryEquals" => positive(Test::Binary),
        "IpAddress" => positive(Test::IpAddress),
        "NotIpAddress" => negative(Test::IpAddress),
        "Null" => positive(Test::Null),
        _ => {
            let (make, order): (fn(Order) -> Test, &str) = match operator.strip_prefix("Numeric") {
                Some(order) => (Test::Numeric, order),
                None => (Test::Date, operator.strip_prefix("Date")?),
            };
            match order {
                "Equals" => positive(make(Order::Equals)),
                "NotEquals" => negative(make(Order::Equals)),
                "LessThan" => positive(make(Order::Less)),
                "LessThanEquals" => positive(make(Order::LessOrEquals)),
                "GreaterThan" => positive(make(Order::Greater)),
                "GreaterThanEquals" => positive(make(Order::GreaterOrEquals)),
                _ => None,
            }
        }
    }
}

impl Test {
    /// Tells whether a value of the policy is of the operator's kind.
    fn takes(self, value: &str, has_variables: bool) -> bool {
        if has_variables && value.contains("${") {
            return true;
        }
        match self {
            Test::Bool | Test::Null => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
            Test::Numeric(_) => number(value).is_some(),
            Test::Date(_) => date(value).is_some(),
            Test::IpAddress => network(value).is_some(),
            _ => true,
        }
    }

    fn matches(self, wanted: &Value, actual: &str, context: &Context) -> bool {
        match self {
            Test::StringEquals | Test::StringLike | Test::Binary => wanted.pattern.matches(actual, context),
            Test::StringEqualsIgnoreCase | Test::Bool => wanted.pattern.matches_ignoring_case(actual, context),
            Test::Arn => wanted.pattern.matches_arn(actual, context),
            Test::IpAddress => match (network(&wanted.text), actual.parse::<IpAddr>()) {
                (Some(network), Ok(address)) => network.contains(&address),
                _ => false,
            },
            Test::Numeric(order) => compare(order, number(actual), number(&wanted.text)),
            Test::Date(order) => compare(order, date(actual), date(&wanted.text)),
            Test::Null => false,
        }
    }
}

fn compare<T: PartialOrd>(order: Order, actual: Option<T>, wanted: Option<T>) -> bool {
    let (Some(actual), Some(wanted)) = (actual, wanted) else { return false };
    match order {
        Order::Equals => actual == wanted,
        Order::Less => actual < wanted,
        Order::LessOrEquals => actual <= wanted,
        Order::Greater => actual > wanted,
        Order::GreaterOrEquals => actual >= wanted,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// A moment as ISO 8601 or as seconds since 1970.
fn date(text: &str) -> Option<jiff::Timestamp> {
    match text.parse::<i64>() {
        Ok(seconds) => jiff::Timestamp::from_second(seconds).ok(),
        Err(_) => text.parse().ok(),
    }
}

/// A network, or one address.
fn network(text: &str) -> Option<ipnet::IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(ipnet::IpNet::from))
}
