//! The kinds of resources. A new one is a new file and a line in [`all`].

mod by_name;
mod ec2;
mod iam;
mod logs;
mod resource_kind;
mod seen;

pub(crate) use ec2::instance::{KIND as INSTANCE, TAGS_CHANGED as INSTANCE_TAGS_CHANGED};
pub(crate) use ec2::retag_ec2;
pub(crate) use resource_kind::{DELETED, Pending, ResourceKind, SendResult, Sweep, alone, created, sets, updated};
pub(crate) use seen::{AddressIndex, Seen, tagged_address};

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

#[cfg(test)]
mod tests {
    use super::*;

    /// The page of kinds is written from the kinds, so that it stays true. `SNAPSHOTS=overwrite cargo test` renews it.
    #[test]
    fn the_reference_page_is_true() {
        let mut page = String::from(
            "# Kinds of resources\n\n\
             Written from `providers/aws/src/kinds` by a test; `SNAPSHOTS=overwrite cargo test --workspace \
             --lib` renews it.\nA change of a field in **bold** needs a new resource. A refresh cannot see fields in *italics*: for \
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
