//! The kinds of resources. A new one is a new file and a line in [`all`].

mod ec2;
mod iam;
mod logs;

use std::future::Future;
use std::pin::Pin;

use landfall_engine::address::Address;
use landfall_engine::attribute::Claim;
use landfall_engine::kind::Schema;
use landfall_engine::provider::{Answer, Ask, CallFailure, Polled};
use landfall_engine::resource::{CloudId, Literals};
use landfall_engine::snapshot::{ObservedResource, Recorded};
use landfall_engine::until::Until;

use crate::cloud::Cloud;
use crate::leftover::{Leftover, Leftovers};
use crate::operation::Calls;
use crate::tags::{self, Tags};

pub(crate) use ec2::instance::{KIND as INSTANCE, TAGS_CHANGED as INSTANCE_TAGS_CHANGED};
pub(crate) use ec2::retag_ec2;

/// Returns all kinds.
pub(crate) fn all() -> Vec<Box<dyn ResourceKind>> {
    vec![
        Box::new(ec2::vpc::Vpc),
        Box::new(ec2::internet_gateway::InternetGateway),
        Box::new(ec2::internet_gateway_attachment::InternetGatewayAttachment),
        Box::new(ec2::subnet::Subnet),
        Box::new(ec2::elastic_ip::ElasticIp),
        Box::new(ec2::nat_gateway::NatGateway),
        Box::new(ec2::route_table::RouteTable),
        Box::new(ec2::route::Route),
        Box::new(ec2::route_table_association::RouteTableAssociation),
        Box::new(ec2::vpc_endpoint::VpcEndpoint),
        Box::new(ec2::security_group::SecurityGroup),
        Box::new(ec2::security_group_rule::SecurityGroupRule),
        Box::new(ec2::placement_group::PlacementGroup),
        Box::new(ec2::instance::Instance),
        Box::new(iam::role::Role),
        Box::new(iam::role_policy::RolePolicy),
        Box::new(iam::role_policy_attachment::RolePolicyAttachment),
        Box::new(iam::instance_profile::InstanceProfile),
        Box::new(iam::instance_profile_role::InstanceProfileRole),
        Box::new(logs::log_group::LogGroup),
    ]
}

/// A future of this crate's: the kinds are trait objects, so their futures are boxed.
pub(crate) type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One kind of resource.
pub(crate) trait ResourceKind: Send + Sync {
    /// What the engine must know of the kind.
    fn schema(&self) -> Schema;

    /// The operations that it sends. One that is sent and not declared here fails a test; permissions, the reference and
    /// the forecast of calls are made of these.
    fn calls(&self) -> Calls;

    /// Finds all of the stack's in the account. A kind that is seen in another kind's answer is read there, and
    /// returns nothing here.
    fn read<'a>(&'a self, cloud: &'a Cloud, recorded: &'a Recorded) -> Pending<'a, Result<Vec<Seen>, CallFailure>> {
        let _ = (cloud, recorded);
        Box::pin(async { Ok(vec![]) })
    }

    /// How the sweep finds what a teardown left of the kind.
    fn sweep(&self) -> Sweep;

    /// Asks which of these are really left: EC2's list of tags shows some things for an hour after they are gone. A kind
    /// of which nothing is remembered takes the list's word.
    fn remaining<'a>(&'a self, cloud: &'a Cloud, listed_as: &'a str, ids: Vec<String>) -> Pending<'a, Leftovers> {
        let _ = cloud;
        Box::pin(async move { Ok(ids.iter().map(|id| Leftover::listed(listed_as, id)).collect()) })
    }

    /// Looks for what bears the stack's name and tag, where EC2 lists no tags of it.
    fn remaining_by_name<'a>(&'a self, cloud: &'a Cloud) -> Pending<'a, Leftovers> {
        let _ = cloud;
        Box::pin(async { Ok(vec![]) })
    }

    /// Tells which resource of the stack a thing says it is; by its tag, unless the kind has another way.
    fn claim(&self, seen: &Seen, addresses: &AddressIndex<'_>) -> Claim {
        let _ = addresses;
        tagged_address(seen).map_or(Claim::Nothing, Claim::Address)
    }

    /// Steps of equal key can go out as one call of at most so many; `None` goes alone.
    fn batch(&self, ask: &Ask) -> Option<(String, usize)> {
        let _ = ask;
        None
    }

    /// Sends what can go out as one call: asks of equal batch key, or a single one. One answer for each, in order.
    fn send<'a>(&'a self, cloud: &'a Cloud, token: &'a str, asks: &'a [Ask]) -> Pending<'a, Vec<SendResult>>;

    /// Asks about many at once that were not ready, or not gone, when their call was answered.
    fn poll<'a>(
        &'a self,
        cloud: &'a Cloud,
        ids: &'a [CloudId],
        until: Until,
    ) -> Pending<'a, Result<Vec<Polled>, CallFailure>> {
        let _ = (cloud, until);
        let arrived = ids.iter().map(|id| Polled::Arrived(id.clone(), Literals::new())).collect();
        Box::pin(async move { Ok(arrived) })
    }
}

/// What became of one ask of a call.
pub(crate) type SendResult = Result<Answer, CallFailure>;

/// How the sweep finds what a teardown left of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sweep {
    /// EC2 lists it by its tag, as resources of these types (API reference, DescribeTags, filter `resource-type`).
    ListedAs(&'static [&'static str]),
    /// It bears the stack's name.
    ByName,
    /// It has no tag and no name, and cannot be without a resource of this kind.
    With(&'static str),
}

impl Sweep {
    /// Tells whether EC2 lists things of the kind as resources of this type.
    pub(crate) fn is_listed_as(self, resource_type: &str) -> bool {
        matches!(self, Sweep::ListedAs(types) if types.contains(&resource_type))
    }
}

/// A resource as a read shows it, with its tags if its kind has any.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) resource: ObservedResource,
    pub(crate) tags: Option<Tags>,
}

/// Returns the address that a thing's tag names.
pub(crate) fn tagged_address(seen: &Seen) -> Option<Address> {
    Address::new(seen.tags.as_ref()?.get(tags::ADDRESS)?.as_str()).ok()
}

/// Which address each id of the stack has, so that what has no tag can be named after its parents.
pub(crate) struct AddressIndex<'a>(std::collections::HashMap<&'a CloudId, Address>);

impl<'a> AddressIndex<'a> {
    /// The state's word counts before a tag's: anybody can change a tag.
    pub(crate) fn new(seen: &'a [Seen], recorded: &'a Recorded) -> AddressIndex<'a> {
        let tagged = seen.iter().filter_map(|seen| Some((&seen.resource.id, tagged_address(seen)?)));
        let known = recorded.iter().map(|known| (&known.id, known.address.clone()));
        AddressIndex(tagged.chain(known).collect())
    }

    /// Returns the address of an id.
    pub(crate) fn address_of(&self, id: &str) -> Option<&Address> {
        self.0.get(&CloudId::from(id))
    }

    /// Returns the last segment of an id's address, such as the zone of a subnet.
    pub(crate) fn name_of(&self, id: &str) -> Option<&str> {
        self.address_of(id).and_then(Address::split_last).map(|(_, last)| last)
    }
}

/// Sends the single ask of a call.
pub(crate) fn alone<'a, F>(asks: &'a [Ask], send: impl FnOnce(&'a Ask) -> F) -> Pending<'a, Vec<SendResult>>
where
    F: Future<Output = SendResult> + Send + 'a,
{
    let answers = asks.first().map(send);
    Box::pin(async move {
        match answers {
            Some(answer) => vec![answer.await],
            None => vec![],
        }
    })
}

/// A resource that was made, and can be used at once.
pub(crate) fn created(id: impl Into<String>, outputs: Literals) -> Answer {
    Answer::Created { id: CloudId::from(id.into()), outputs, ready: true }
}

/// A change that gave no new id and no new outputs.
pub(crate) fn updated() -> Answer {
    Answer::Updated { id: None, outputs: Literals::new() }
}

/// A resource that is gone.
pub(crate) const DELETED: Answer = Answer::Deleted { gone: true };

#[cfg(test)]
mod tests {
    use super::*;

    /// The page of kinds is written from the kinds, so that it stays true. `SNAPSHOTS=overwrite cargo test` renews it.
    #[test]
    fn the_reference_page_is_true() {
        let mut page = String::from(
            "# Kinds of resources\n\n\
             Written from `providers/aws/src/kinds` by a test; `SNAPSHOTS=overwrite cargo test -p landfall-aws` renews \
             it.\nA change of a field in **bold** needs a new resource. A refresh cannot see fields in *italics*: for \
             them the state's\nword counts. A field marked ↻ is renewed with the next replacement, and replaces \
             nothing by itself. Others can refer to\nthe outputs, and to the id of every kind. Calls in brackets are sent where the account is not as expected, or for some \
             and not for others.\nWhat each call needs in a policy is on the page of \
             [permissions](../guide/permissions.md).\n",
        );
        for kind in all() {
            page.push_str(&section(&*kind));
        }
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/kinds.md");
        snapbox::Assert::new()
            .action_env("SNAPSHOTS")
            .eq(page, snapbox::Data::read_from(std::path::Path::new(kept), None));
    }

    /// Writes what there is to say of one kind.
    fn section(kind: &dyn ResourceKind) -> String {
        let (schema, calls) = (kind.schema(), kind.calls());
        let field = |field: &landfall_engine::kind::Field| {
            let name = if field.unreadable { format!("*{}*", field.name) } else { field.name.to_owned() };
            if field.immutable { format!("**{name}**") } else { name }
        };
        let fields: Vec<String> = schema.fields.iter().map(field).collect();
        let updates = calls.update.iter().map(|(field, sent)| (format!("change of `{field}`"), *sent));
        let rows = [("creation".to_owned(), calls.create)].into_iter().chain(updates).chain(
            [("deletion", calls.delete), ("read", calls.read), ("poll", calls.poll), ("sweep", calls.sweep)]
                .map(|(what, sent)| (what.to_owned(), sent)),
        );
        let mut text = format!("\n## `{}`\n\nFields: {}.\n", schema.kind, fields.join(", "));
        text.push_str(&match kind.sweep() {
            Sweep::ListedAs(types) => format!("The sweep finds it by its tag, as `{}`.\n", types.join("`, `")),
            Sweep::ByName => "The sweep finds it by the stack's name.\n".to_owned(),
            Sweep::With(whole) => format!("It is gone when its `{whole}` is: the sweep looks for that.\n"),
        });
        text.push_str("\n| for | calls |\n|---|---|\n");
        for (what, sent) in rows {
            let always = sent.always.iter().map(|operation| operation.name.to_owned());
            let sometimes = sent.sometimes.iter().map(|operation| format!("({})", operation.name));
            let calls: Vec<String> = always.chain(sometimes).collect();
            if !calls.is_empty() {
                text.push_str(&format!("| {what} | {} |\n", calls.join(", ")));
            }
        }
        text
    }

    #[test]
    fn every_kind_is_listed_once_and_named_after_its_file() {
        let mut names: Vec<String> = all().iter().map(|kind| kind.schema().kind.to_string()).collect();
        let files = ["ec2", "iam", "logs"].into_iter().flat_map(|service| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kinds").to_owned() + "/" + service;
            std::fs::read_dir(folder).expect("a folder of the crate").filter_map(move |entry| {
                let path = entry.expect("an entry").path();
                let stem = path.file_stem()?.to_str()?.to_owned();
                let is_kind = path.is_file() && std::fs::read_to_string(&path).ok()?.contains("impl ResourceKind for");
                is_kind.then(|| format!("{service}.{stem}"))
            })
        });
        let mut files: Vec<String> = files.collect();
        names.sort();
        files.sort();
        assert_eq!(names, files);
    }
}
