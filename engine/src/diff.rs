//! Compares the properties of one resource, field by field, as its schema says.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::kind::{Field, Schema};
use crate::resource::{Literal, Literals, Resolved};
use crate::sensitive::is_digest;

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Where, as a JSON pointer: `/tags/owner`.
    pub path: String,
    /// The value before; null where there was none.
    pub before: Literal,
    /// The value after; `None` if it is known only after apply, null where there will be none.
    pub after: Option<Literal>,
    /// Whether this change needs a new resource.
    pub forces_replacement: bool,
}

impl FieldChange {
    /// Returns the name of the property that the path leads into.
    pub fn field(&self) -> &str {
        self.path.trim_start_matches('/').split('/').next().unwrap_or_default()
    }
}

/// Returns the differences between what is and what should be.
///
/// `current` answers for each field of the schema with its value, or `None` if there is nothing to compare with. Then the
/// value is taken to be the wanted one, unless that is made from something that does not exist yet: it cannot be that.
pub fn compare<'a>(
    schema: &Schema,
    current: impl Fn(&Field) -> Option<&'a Literal>,
    wanted: &Resolved,
) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for field in schema.fields {
        match (current(field), wanted.get(field.name)) {
            (before, Some(None)) => changes.push(FieldChange {
                path: format!("/{}", field.name),
                before: before.cloned().unwrap_or_default(),
                after: None,
                forces_replacement: field.immutable,
            }),
            (None, _) => {}
            (Some(before), Some(Some(after))) => field_differences(field, before, after, &mut changes),
            (Some(before), None) => field_differences(field, before, &Literal::Null, &mut changes),
        }
    }
    changes
}

/// Returns the differences between two literal sets of properties, over the fields that `select` takes.
pub fn compare_literals(
    schema: &Schema,
    select: impl Fn(&Field) -> bool,
    before: &Literals,
    after: &Literals,
) -> Vec<FieldChange> {
    let known = |(name, value)| (name, Some(value));
    if agree(texts(before).map(known), texts(after).map(known), |name| schema.field(name).is_some_and(&select)) {
        return vec![];
    }
    let mut changes = Vec::new();
    for field in schema.fields.iter().filter(|field| select(field)) {
        let old = before.get(field.name).unwrap_or(&Literal::Null);
        let new = after.get(field.name).unwrap_or(&Literal::Null);
        field_differences(field, old, new, &mut changes);
    }
    changes
}

/// Iterates over properties by name.
pub(crate) fn texts(properties: &Literals) -> impl Iterator<Item = (&str, &Literal)> {
    properties.iter().map(|(name, value)| (name.as_str(), value))
}

/// Tells whether two sets of properties, each sorted by name, are plainly the same where it matters. A value that is not
/// known is not.
///
/// Nearly all resources of nearly all plans are as they should be: this finds it in one walk, without looking a name up.
pub(crate) fn agree<'a, 'b>(
    a: impl Iterator<Item = (&'a str, Option<&'a Literal>)>,
    b: impl Iterator<Item = (&'b str, Option<&'b Literal>)>,
    matters: impl Fn(&str) -> bool,
) -> bool {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (Some((x, _)), Some((y, _))) => x.cmp(y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return true,
        };
        let absent = Some(&Literal::Null);
        let (left, right) = (a.next_if(|_| order.is_le()), b.next_if(|_| order.is_ge()));
        let name = left.map(|(name, _)| name).or(right.map(|(name, _)| name)).unwrap_or_default();
        let (left, right) = (left.map_or(absent, |(_, value)| value), right.map_or(absent, |(_, value)| value));
        let is_same = left.is_some() && left == right;
        if !is_same && matters(name) {
            return false;
        }
    }
}

fn field_differences(field: &Field, before: &Literal, after: &Literal, changes: &mut Vec<FieldChange>) {
    // Nearly always, and found without making anything.
    if before == after {
        return;
    }
    if field.unordered && sorted(before).is_some() && sorted(before) == sorted(after) {
        return;
    }
    if let Some(any) = field.met_by_any
        && [before, after].into_iter().any(|value| value.as_str() == Some(any))
    {
        return;
    }
    differences(field.name, before, after, field.immutable, changes);
}

fn sorted(list: &Literal) -> Option<Vec<String>> {
    let mut texts: Vec<String> = list.as_array()?.iter().map(Literal::to_string).collect();
    texts.sort();
    Some(texts)
}

/// Objects are compared key by key, everything else as a whole: a list with one more entry is another list. So is what
/// stands for a secret.
fn differences(path: &str, before: &Literal, after: &Literal, immutable: bool, changes: &mut Vec<FieldChange>) {
    match (before, after) {
        (Literal::Object(old), Literal::Object(new)) if !is_digest(before) && !is_digest(after) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let below = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                let old = old.get(key).unwrap_or(&Literal::Null);
                let new = new.get(key).unwrap_or(&Literal::Null);
                differences(&below, old, new, immutable, changes);
            }
        }
        _ if before == after => {}
        _ => changes.push(FieldChange {
            path: format!("/{path}"),
            before: before.clone(),
            after: Some(after.clone()),
            forces_replacement: immutable,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::address::Address;
    use crate::resource::{Reference, Resource, Value};
    use proptest::prelude::*;
    use serde_json::json;

    const SCHEMA: Schema = Schema::new(
        "test.thing",
        &[
            Field::new("name").immutable(),
            Field::new("tags"),
            Field::new("ids").unordered(),
            Field::new("market").immutable().met_by_any("either"),
        ],
    );

    fn paths(before: Literal, after: &[(&str, Option<Literal>)]) -> Vec<String> {
        let before = before.as_object().expect("an object").clone();
        let unknown = || Reference::id(&Address::of(["not", "made", "yet"])).into();
        let wanted = after.iter().fold(
            Resource::new(Address::of(["a"]), SCHEMA.kind, &crate::model_cloud::here()),
            |resource, (name, value)| resource.with(name, value.clone().map_or_else(unknown, Value::Literal)),
        );
        let wanted = Resolved::new(Arc::new(wanted), &|_| None);
        compare(&SCHEMA, |field| Some(before.get(field.name).unwrap_or(&Literal::Null)), &wanted)
            .into_iter()
            .map(|c| format!("{}{}", c.path, if c.forces_replacement { "!" } else { "" }))
            .collect()
    }

    #[test]
    fn objects_are_compared_by_key_and_slashes_escaped() {
        let before = json!({"name": "a", "tags": {"x/y": "1", "gone": "1", "same": "1"}});
        let after = [("name", Some(json!("b"))), ("tags", Some(json!({"x/y": "2", "same": "1", "new": "1"})))];
        assert_eq!(paths(before, &after), ["/name!", "/tags/gone", "/tags/new", "/tags/x~1y"]);
    }

    #[test]
    fn the_order_of_a_set_means_nothing() {
        let before = json!({"ids": ["b", "a"]});
        assert_eq!(paths(before.clone(), &[("ids", Some(json!(["a", "b"])))]), Vec::<String>::new());
        assert_eq!(paths(before, &[("ids", Some(json!(["a", "c"])))]), ["/ids"]);
    }

    #[test]
    fn a_wish_that_leaves_the_choice_is_met_by_any_value() {
        let after = |market: &str| [("market", Some(json!(market)))];
        assert_eq!(paths(json!({"market": "spot"}), &after("either")), Vec::<String>::new());
        assert_eq!(paths(json!({"market": "either"}), &after("spot")), Vec::<String>::new());
        assert_eq!(paths(json!({"market": "spot"}), &after("on-demand")), ["/market!"]);
    }

    fn any_properties() -> impl Strategy<Value = Literals> {
        let value = prop_oneof![Just(json!(null)), Just(json!("a")), Just(json!(["a", "b"])), Just(json!({"a": "b"}))];
        let name = prop::sample::select(vec!["name", "tags", "ids", "market", "no field"]);
        prop::collection::btree_map(name, value, 0..5)
            .prop_map(|all| all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    proptest! {
        /// The short cut is one: where it is taken the long way finds nothing either.
        #[test]
        fn what_agrees_has_no_differences(before in any_properties(), after in any_properties(), tags in any::<bool>()) {
            let select = |field: &Field| tags || field.name != "tags";
            let mut changes = Vec::new();
            for field in SCHEMA.fields.iter().filter(|field| select(field)) {
                let [old, new] = [&before, &after].map(|all| all.get(field.name).unwrap_or(&Literal::Null));
                field_differences(field, old, new, &mut changes);
            }
            prop_assert_eq!(compare_literals(&SCHEMA, select, &before, &after), changes);
        }
    }

    #[test]
    fn absent_and_null_are_the_same() {
        assert_eq!(paths(json!({"name": null}), &[]), Vec::<String>::new());
        assert_eq!(paths(json!({"name": "a"}), &[("name", None)]), ["/name!"]);
    }
}
