//! The parameters of a query request (EC2, IAM, STS): `Filter.1.Value.2=x` in a form.

use std::collections::BTreeMap;

use super::error::ApiError;

/// Most parameters of a request.
const PARAMETERS_MAX: usize = 20_000;

/// The parameters of one request, by their full names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads a form body.
    pub(crate) fn parse(body: &[u8]) -> Result<Params, ApiError> {
        let mut params = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if params.len() >= PARAMETERS_MAX {
                return Err(ApiError::new("MalformedQueryString", "The query string has too many parameters."));
            }
            params.insert(name.into_owned(), value.into_owned());
        }
        Ok(Params(params))
    }

    /// Returns the same with another value for a parameter.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Params {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    /// Returns the same without a parameter.
    pub(crate) fn without(mut self, name: &str) -> Params {
        self.0.remove(name);
        self
    }

    /// Returns a parameter, if the request has it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a parameter that the action cannot do without.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| ApiError::new("MissingParameter", format!("The request must contain the parameter {name}")))
    }

    /// Returns a flag.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(invalid_value(name, other)),
        }
    }

    /// Returns a whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.get(name).map(|text| text.parse().map_err(|_| invalid_value(name, text))).transpose()
    }

    /// Returns the values of a flat list, `Name.1`, `Name.2`, …, in order.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.indexes(name).into_iter().filter_map(|index| self.get(&format!("{name}.{index}"))).collect()
    }

    /// Returns the parameters of each structure in a list, without the list's own part of the name.
    pub(crate) fn structures(&self, name: &str) -> Vec<Params> {
        self.indexes(name).into_iter().map(|index| self.below(&format!("{name}.{index}"))).collect()
    }

    /// Returns the parameters below a name, without it: of `A.B=1` below `A`, `B=1`.
    pub(crate) fn below(&self, name: &str) -> Params {
        let prefix = format!("{name}.");
        let inside = self.0.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        Params(inside.map(|(key, value)| (key[prefix.len()..].to_owned(), value.clone())).collect())
    }

    /// Tells whether there is no parameter.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The numbers that follow a list's name, sorted as numbers.
    fn indexes(&self, name: &str) -> Vec<u32> {
        let prefix = format!("{name}.");
        let inside = self.0.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        let mut indexes: Vec<u32> =
            inside.filter_map(|(key, _)| key[prefix.len()..].split('.').next()?.parse().ok()).collect();
        indexes.sort_unstable();
        indexes.dedup();
        indexes
    }

    /// Refuses every parameter that matches none of the patterns; `N` in a pattern stands for a number, a final `*` for
    /// anything below.
    pub(crate) fn refuse_unmodelled(&self, modelled: &[&str]) -> Result<(), ApiError> {
        let protocol = ["Action", "Version"];
        for name in self.0.keys().filter(|name| !protocol.contains(&name.as_str())) {
            if !modelled.iter().any(|pattern| matches(pattern, name)) {
                return Err(ApiError::new("UnknownParameter", format!("The parameter {name} is not recognized")));
            }
        }
        Ok(())
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = name.split('.');
    for wanted in pattern.split('.') {
        match (wanted, parts.next()) {
            ("*", Some(_)) => return true,
            ("N", Some(part)) if part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty() => {}
            (wanted, Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

/// Returns the error for a value that the parameter does not take.
pub(crate) fn invalid_value(name: &str, value: &str) -> ApiError {
    ApiError::new("InvalidParameterValue", format!("Value ({value}) for parameter {name} is invalid."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn params(body: &str) -> Params {
        Params::parse(body.as_bytes()).expect("a form")
    }

    #[test]
    fn lists_are_in_the_order_of_their_numbers() {
        let params = params("Id.10=c&Id.2=b&Id.1=a&F.1.Name=x&F.1.Value.1=v&F.2.Name=y");
        assert_eq!(params.list("Id"), ["a", "b", "c"]);
        let structures = params.structures("F");
        assert_eq!(structures[0].get("Name"), Some("x"));
        assert_eq!(structures[0].list("Value"), ["v"]);
        assert_eq!(structures.len(), 2);
    }

    #[test]
    fn what_is_not_modelled_is_refused() {
        let params = params("Action=A&Version=1&Filter.1.Name=x&Filter.1.Value.2=y&Tag.1.Key=k");
        assert!(params.refuse_unmodelled(&["Filter.N.Name", "Filter.N.Value.N", "Tag.*"]).is_ok());
        let error = params.refuse_unmodelled(&["Filter.N.Name", "Tag.*"]).expect_err("a value is not modelled");
        assert_eq!(error.code, "UnknownParameter");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_form_or_an_error(body in prop::collection::vec(any::<u8>(), 0..500)) {
            if let Ok(params) = Params::parse(&body) {
                let _ = params.refuse_unmodelled(&["Filter.N.Name"]);
                let _ = params.structures("Filter");
                let _ = params.list("");
            }
        }
    }
}
