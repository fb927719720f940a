//! Whether a blueprint says only what the schemas know. A wrong name would not be refused by anybody: it would be left out
//! of every comparison and of every call. A blueprint's tests ask this of all that it can declare.

use crate::address::Address;
use crate::kind::{Kind, Schemas};
use crate::resource::{Reference, Resource};
use crate::snapshot::Declared;

/// Something declared that the schemas do not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Misfit {
    /// No schema is of this kind.
    #[error("{address}: there is no kind {kind}")]
    UnknownKind {
        /// The resource.
        address: Address,
        /// The kind.
        kind: Kind,
    },
    /// The kind has no such field.
    #[error("{address}: {kind} has no field `{name}`")]
    UnknownField {
        /// The resource.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// The property.
        name: String,
    },
    /// The kind referred to has no such output.
    #[error("{address}: refers to `{output}` of {to}, and {kind} has no such output")]
    UnknownOutput {
        /// The resource that refers.
        address: Address,
        /// The resource referred to.
        to: Address,
        /// Its kind.
        kind: Kind,
        /// The output.
        output: String,
    },
    /// A sensitive field is given something else than a secret: it would be kept and shown.
    #[error("{address}: `{name}` of {kind} is sensitive and is given in the clear")]
    InTheClear {
        /// The resource.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// The property.
        name: String,
    },
    /// A secret is given to a field that is not sensitive: a refresh would read it.
    #[error("{address}: `{name}` of {kind} is given a secret and is not sensitive")]
    NotSensitive {
        /// The resource.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// The property.
        name: String,
    },
}

/// Returns everything declared that the schemas do not know.
pub fn misfits(declared: &Declared, schemas: &Schemas) -> Vec<Misfit> {
    let mut all = Vec::new();
    for resource in declared.resources().values() {
        fields(resource, schemas, &mut all);
        outputs(resource, declared, schemas, &mut all);
    }
    all.sort();
    all.dedup();
    all
}

fn fields(resource: &Resource, schemas: &Schemas, all: &mut Vec<Misfit>) {
    let (address, kind) = (&resource.address, &resource.kind);
    let Some(schema) = schemas.get(kind) else {
        all.push(Misfit::UnknownKind { address: address.clone(), kind: kind.clone() });
        return;
    };
    for (name, value) in &*resource.properties {
        let (address, kind, name) = (address.clone(), kind.clone(), name.clone());
        match schema.field(&name) {
            None => all.push(Misfit::UnknownField { address, kind, name }),
            Some(field) if field.sensitive && !value.holds_secret() => {
                all.push(Misfit::InTheClear { address, kind, name });
            }
            Some(field) if !field.sensitive && value.holds_secret() => {
                all.push(Misfit::NotSensitive { address, kind, name });
            }
            Some(_) => {}
        }
    }
}

fn outputs(resource: &Resource, declared: &Declared, schemas: &Schemas, all: &mut Vec<Misfit>) {
    let mut check = |reference: &Reference| {
        // A reference to nothing is an error of `link`, and a kind that is unknown was told of where it is declared.
        let Some(kind) = declared.resources().get(&reference.to).map(|resource| &resource.kind) else { return };
        let Some(schema) = schemas.get(kind) else { return };
        if reference.output != Reference::ID && !schema.outputs.contains(&reference.output) {
            all.push(Misfit::UnknownOutput {
                address: resource.address.clone(),
                to: reference.to.clone(),
                kind: kind.clone(),
                output: reference.output.to_owned(),
            });
        }
    };
    resource.properties.values().for_each(|value| value.each_reference(&mut check));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::{Field, Schema};
    use crate::model_cloud::{address, here};
    use crate::resource::Value;
    use crate::sensitive::Secret;

    const MACHINE: Kind = Kind::new("test.machine");

    #[test]
    fn each_slip_is_named() {
        const FIELDS: &[Field] = &[Field::new("size"), Field::new("token").sensitive()];
        let schemas: Schemas = [Schema::new("test.machine", FIELDS).with_outputs(&["address"])].into_iter().collect();
        let secret = || Secret::new("a-secret", "acme");
        let mut declared = Declared::default();
        let first = address("first");
        declared.add(Resource::new(first.clone(), MACHINE, &here()).with("size", 1).with("token", secret()));
        declared.add(
            Resource::new(address("second"), MACHINE, &here())
                .with(
                    "size",
                    Value::List(vec![Reference::output(&first, "address").into(), Reference::id(&first).into()]),
                )
                .with("siez", Reference::output(&first, "adress"))
                .with("token", "plain"),
        );
        declared.add(Resource::new(address("third"), MACHINE, &here()).with("size", secret()));
        declared.add(Resource::new(address("fourth"), Kind::new("test.machien"), &here()));
        let told: Vec<String> = misfits(&declared, &schemas).iter().map(Misfit::to_string).collect();
        assert_eq!(
            told,
            [
                "fourth: there is no kind test.machien",
                "second: test.machine has no field `siez`",
                "second: refers to `adress` of first, and test.machine has no such output",
                "second: `token` of test.machine is sensitive and is given in the clear",
                "third: `size` of test.machine is given a secret and is not sensitive",
            ]
        );
    }
}
