//! Launch templates, of which each has its first version only.
//!
//! Sources: EC2 API reference (CreateLaunchTemplate, DescribeLaunchTemplates, DescribeLaunchTemplateVersions,
//! DeleteLaunchTemplate, RunInstances), EC2 user guide "Launch an instance from a launch template". "A launch template's
//! contents are hardly looked at": what it names need not exist before it is launched from.

use std::collections::BTreeMap;

use super::instance::read::in_template;
use super::query::{Described, check_form, page, select, tag_set};
use super::tagging;
use crate::services::action::Action;
use crate::wire::error::ApiError;
use crate::wire::params::{Params, invalid_value};
use crate::wire::xml::Xml;
use crate::world::ec2::Ec2;
use crate::world::ec2::launch::LaunchTemplate;
use crate::world::{Tags, World, iso};

/// The actions on launch templates.
pub(crate) const ACTIONS: &[Action] = &[
    Action {
        name: "CreateLaunchTemplate",
        parameters: &[
            "DryRun",
            "LaunchTemplateName",
            "VersionDescription",
            "LaunchTemplateData.*",
            "TagSpecification.N.ResourceType",
            "TagSpecification.N.Tag.N.Key",
            "TagSpecification.N.Tag.N.Value",
        ],
        run: create,
    },
    Action {
        name: "DescribeLaunchTemplates",
        parameters: &[
            "DryRun",
            "LaunchTemplateId.N",
            "LaunchTemplateName.N",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "MaxResults",
            "NextToken",
        ],
        run: describe,
    },
    Action {
        name: "DescribeLaunchTemplateVersions",
        parameters: &["DryRun", "LaunchTemplateId", "LaunchTemplateName", "LaunchTemplateVersion.N"],
        run: describe_versions,
    },
    Action {
        name: "DeleteLaunchTemplate",
        parameters: &["DryRun", "LaunchTemplateId", "LaunchTemplateName"],
        run: delete,
    },
];

/// Quota "Launch templates per Region".
const TEMPLATES_MAX: usize = 5000;

struct WithId<'a>(&'a LaunchTemplate);

impl Described for WithId<'_> {
    const FILTERS: &'static [&'static str] = &["launch-template-name", "create-time"];

    fn filter_values(&self, name: &str) -> Option<Vec<String>> {
        match name {
            "launch-template-name" => Some(vec![self.0.name.clone()]),
            "create-time" => Some(vec![iso(self.0.created_at)]),
            _ => None,
        }
    }

    fn tags(&self) -> &Tags {
        &self.0.tags
    }
}

fn no_such_id(id: &str) -> ApiError {
    let message = format!("The specified launch template, with template ID {id}, does not exist.");
    ApiError::new("InvalidLaunchTemplateId.NotFound", message)
}

fn no_such_name(name: &str) -> ApiError {
    let message = format!("The specified launch template, with template name {name}, does not exist.");
    ApiError::new("InvalidLaunchTemplateName.NotFoundException", message)
}

impl Ec2 {
    fn template_by_name(&self, name: &str) -> Result<(&String, &LaunchTemplate), ApiError> {
        self.launch_templates.iter().find(|(_, template)| template.name == name).ok_or_else(|| no_such_name(name))
    }

    /// Finds the one template that a call names, by its id or by its name.
    fn template_of(&self, params: &Params) -> Result<(&String, &LaunchTemplate), ApiError> {
        let given = |name: &str| params.get(name).filter(|value| !value.is_empty());
        match (given("LaunchTemplateId"), given("LaunchTemplateName")) {
            (Some(id), None) => {
                check_form(id, "lt", "InvalidLaunchTemplateId.Malformed")?;
                self.launch_templates.get_key_value(id).ok_or_else(|| no_such_id(id))
            }
            (None, Some(name)) => self.template_by_name(name),
            (Some(_), Some(_)) => {
                let message = "Exactly one of launch template ID or launch template name must be specified.";
                Err(ApiError::new("InvalidParameterCombination", message))
            }
            (None, None) => {
                let message = "Either a launch template ID or a launch template name must be specified.";
                Err(ApiError::new("MissingParameter", message))
            }
        }
    }
}

fn create(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let name = params.required("LaunchTemplateName")?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_().-/".contains(c);
    if !(3..=128).contains(&name.len()) || !name.chars().all(is_allowed) {
        let message = "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, \
                       and the following characters: - ( ) . / _";
        return Err(ApiError::new("InvalidLaunchTemplateName.MalformedException", message));
    }
    let description = params.get("VersionDescription").filter(|text| !text.is_empty());
    if let Some(long) = description.filter(|text| text.chars().count() > 255) {
        return Err(invalid_value("versionDescription", long));
    }
    let data = params.below("LaunchTemplateData");
    if data.is_empty() {
        let message = "The request must contain the parameter LaunchTemplateData";
        return Err(ApiError::new("MissingParameter", message));
    }
    in_template(&data)?;
    let tags = tagging::at_creation(params, "launch-template")?;
    if world.ec2.template_by_name(name).is_ok() {
        let message = "Launch template name already in use.";
        return Err(ApiError::new("InvalidLaunchTemplateName.AlreadyExistsException", message));
    }
    if world.ec2.launch_templates.len() >= TEMPLATES_MAX {
        let message = "The maximum number of launch templates has been reached.";
        return Err(ApiError::new("LaunchTemplateLimitExceeded", message));
    }
    let id = world.ids.ec2("lt");
    let template = LaunchTemplate {
        name: name.to_owned(),
        description: description.map(str::to_owned),
        created_at: world.now,
        data: data.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        tags,
    };
    let shown = show(world, &id, &template);
    world.ec2.launch_templates.insert(id, template);
    Ok(Xml::new().inside("launchTemplate", shown))
}

/// Answers a creation again that was done before.
pub(crate) fn created_again(world: &World, _params: &Params, id: &str) -> Option<Xml> {
    let template = world.ec2.launch_templates.get(id)?;
    Some(Xml::new().inside("launchTemplate", show(world, id, template)))
}

fn show(world: &World, id: &str, template: &LaunchTemplate) -> Xml {
    Xml::new()
        .text("launchTemplateId", id)
        .text("launchTemplateName", &template.name)
        .text("createTime", iso(template.created_at))
        .text("createdBy", world.caller_arn())
        .text("defaultVersionNumber", 1)
        .text("latestVersionNumber", 1)
        .and(tag_set(&template.tags))
}

fn describe(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (ids, names) = (params.list("LaunchTemplateId"), params.list("LaunchTemplateName"));
    ids.iter().try_for_each(|id| check_form(id, "lt", "InvalidLaunchTemplateId.Malformed"))?;
    let mut found = select(&world.ec2.launch_templates, &ids, params, |_, template| WithId(template), no_such_id)?;
    names.iter().try_for_each(|name| world.ec2.template_by_name(name).map(|_| ()))?;
    found.retain(|(_, template)| names.is_empty() || names.contains(&template.0.name.as_str()));
    let (found, next) = page(params, found, 1, 200)?;
    let rows: Vec<Xml> = found.iter().map(|(id, template)| show(world, id, template.0)).collect();
    Ok(Xml::new().set("launchTemplates", rows).optional("nextToken", next))
}

fn describe_versions(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (id, template) = world.ec2.template_of(params)?;
    params.list("LaunchTemplateVersion").into_iter().try_for_each(|version| check_version(id, version))?;
    let shown = Xml::new()
        .text("launchTemplateId", id)
        .text("launchTemplateName", &template.name)
        .text("versionNumber", 1)
        .optional("versionDescription", template.description.as_ref())
        .text("createTime", iso(template.created_at))
        .text("createdBy", world.caller_arn())
        .text("defaultVersion", true)
        .inside("launchTemplateData", show_data(&params_of(&template.data)));
    Ok(Xml::new().set("launchTemplateVersionSet", [shown]))
}

fn check_version(id: &str, version: &str) -> Result<(), ApiError> {
    match version {
        "" | "1" | "$Latest" | "$Default" => Ok(()),
        other if other.parse::<u64>().is_ok() => {
            let message = format!("Could not find the specified version {other} for the launch template with ID {id}.");
            Err(ApiError::new("InvalidLaunchTemplateId.VersionNotFound", message))
        }
        other => Err(invalid_value("launchTemplateVersion", other)),
    }
}

fn params_of(data: &BTreeMap<String, String>) -> Params {
    data.iter().fold(Params::default(), |all, (name, value)| all.with(name, value))
}

/// Shows parameters as answers do: `BlockDeviceMapping.1.Ebs.VolumeSize` is in `blockDeviceMappingSet`, `item`, `ebs`.
fn show_data(data: &Params) -> Xml {
    let mut heads: Vec<&str> = data.iter().filter_map(|(name, _)| name.split('.').next()).collect();
    heads.dedup();
    heads.into_iter().fold(Xml::new(), |xml, head| {
        let (items, texts) = (data.structures(head), data.list(head));
        let name = small(head);
        match (data.get(head), head) {
            (Some(text), _) => xml.text(&name, text),
            (None, "SecurityGroupId") => xml.texts("securityGroupIdSet", "item", texts),
            (None, _) if !texts.is_empty() => xml.texts(&format!("{name}Set"), "item", texts),
            (None, _) if !items.is_empty() => xml.set(&format!("{name}Set"), items.iter().map(show_data)),
            (None, _) => xml.inside(&name, show_data(&data.below(head))),
        }
    })
}

/// The same with a small first letter.
fn small(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

fn delete(world: &mut World, params: &Params) -> Result<Xml, ApiError> {
    let (id, template) = world.ec2.template_of(params)?;
    let (id, shown) = (id.clone(), show(world, id, template));
    world.ec2.launch_templates.remove(&id);
    Ok(Xml::new().inside("launchTemplate", shown))
}

/// Returns the parameters of a launch with those of its template, and the tags that name the template.
///
/// "Any parameters that you specify override the same parameters in the launch template"; tags are merged by type.
pub(crate) fn applied(world: &World, params: &Params) -> Result<(Params, Tags), ApiError> {
    let named = params.below("LaunchTemplate");
    if named.is_empty() {
        return Ok((params.clone(), Tags::new()));
    }
    let (id, template) = world.ec2.template_of(&named)?;
    check_version(id, named.get("Version").unwrap_or_default())?;
    let head = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let given: Vec<String> = params.iter().map(|(name, _)| head(name)).collect();
    let data = params_of(&template.data);
    let of_template = data.iter().filter(|(name, _)| !given.contains(&head(name)));
    let mut merged = of_template.fold(params.clone(), |all, (name, value)| all.with(name, value));
    if given.iter().any(|name| name == TAGS) {
        // What comes later overrides: the numbers of the launch begin where no list ends any more.
        for (name, value) in params.below(TAGS).iter() {
            merged = merged.without(&format!("{TAGS}.{name}"));
            let (number, rest) = name.split_once('.').unwrap_or((name, ""));
            let number = number.parse::<u32>().unwrap_or_default().saturating_add(LISTS_MAX);
            merged = merged.with(&format!("{TAGS}.{number}.{rest}"), value);
        }
        for (name, value) in data.below(TAGS).iter() {
            merged = merged.with(&format!("{TAGS}.{name}"), value);
        }
    }
    let origin = [("aws:ec2launchtemplate:id", id.as_str()), ("aws:ec2launchtemplate:version", "1")];
    Ok((merged, origin.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()))
}

const TAGS: &str = "TagSpecification";
/// More than any list in a template has.
const LISTS_MAX: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::super::tests::Client;
    use crate::region::Delays;

    fn data(client: &Client) -> String {
        let image = client.ok("DescribeImages", "Owner.1=amazon Filter.1.Name=architecture Filter.1.Value.1=x86_64");
        let image = image.text("imageId");
        format!(
            "LaunchTemplateData.ImageId={image} LaunchTemplateData.InstanceType=m6i.large \
             LaunchTemplateData.BlockDeviceMapping.1.DeviceName=/dev/xvda \
             LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize=40 \
             LaunchTemplateData.TagSpecification.1.ResourceType=instance \
             LaunchTemplateData.TagSpecification.1.Tag.1.Key=a LaunchTemplateData.TagSpecification.1.Tag.1.Value=template \
             LaunchTemplateData.TagSpecification.1.Tag.2.Key=b LaunchTemplateData.TagSpecification.1.Tag.2.Value=template"
        )
    }

    #[test]
    fn a_template_is_made_found_and_deleted() {
        let client = Client::new(Delays::none());
        let create = format!(
            "LaunchTemplateName=workers ClientToken=t {} TagSpecification.1.ResourceType=launch-template \
             TagSpecification.1.Tag.1.Key=a TagSpecification.1.Tag.1.Value=b",
            data(&client)
        );
        assert_eq!(client.refused("CreateLaunchTemplate", &format!("{create} DryRun=true")), "DryRunOperation");
        let made = client.ok("CreateLaunchTemplate", &create);
        let id = made.text("launchTemplateId");
        assert_eq!(client.ok("CreateLaunchTemplate", &create).text("launchTemplateId"), id);
        let again = create.replace("ClientToken=t ", "");
        assert_eq!(client.refused("CreateLaunchTemplate", &again), "InvalidLaunchTemplateName.AlreadyExistsException");
        let other = create.replace("m6i.large", "m6i.xlarge");
        assert_eq!(client.refused("CreateLaunchTemplate", &other), "IdempotentParameterMismatch");
        client.ok("CreateTags", &format!("ResourceId.1={id} Tag.1.Key=c Tag.1.Value=d"));
        let found = client.ok("DescribeLaunchTemplates", "Filter.1.Name=tag:c Filter.1.Value.1=d");
        assert_eq!(found.text("launchTemplateName"), "workers");
        let version = client
            .ok("DescribeLaunchTemplateVersions", &format!("LaunchTemplateId={id} LaunchTemplateVersion.1=$Latest"));
        let disk =
            "<blockDeviceMappingSet><item><deviceName>/dev/xvda</deviceName><ebs><volumeSize>40</volumeSize></ebs>";
        assert!(version.body.contains(disk), "{}", version.body);
        assert!(
            version.body.contains("<tagSpecificationSet><item><resourceType>instance</resourceType><tagSet><item>")
        );
        client.ok("DeleteLaunchTemplate", "LaunchTemplateName=workers");
        let by_id = format!("LaunchTemplateId.1={id}");
        assert_eq!(client.refused("DescribeLaunchTemplates", &by_id), "InvalidLaunchTemplateId.NotFound");
    }

    #[test]
    fn what_is_wrong_has_its_code() {
        let client = Client::new(Delays::none());
        client.ok("CreateLaunchTemplate", &format!("LaunchTemplateName=known {}", data(&client)));
        let some = "LaunchTemplateData.InstanceType=m6i.large";
        let long = format!("LaunchTemplateName=new {some} ClientToken={}", "t".repeat(129));
        for (action, parameters, code) in [
            ("CreateLaunchTemplate", some, "MissingParameter"),
            ("CreateLaunchTemplate", "LaunchTemplateName=new", "MissingParameter"),
            (
                "CreateLaunchTemplate",
                &format!("LaunchTemplateName=a! {some}"),
                "InvalidLaunchTemplateName.MalformedException",
            ),
            ("CreateLaunchTemplate", "LaunchTemplateName=new LaunchTemplateData.MinCount=1", "UnknownParameter"),
            ("CreateLaunchTemplate", "LaunchTemplateName=new LaunchTemplateData.Nonsense=1", "UnknownParameter"),
            (
                "CreateLaunchTemplate",
                "LaunchTemplateName=new LaunchTemplateData.UserData=!",
                "InvalidUserData.Malformed",
            ),
            ("CreateLaunchTemplate", &long, "InvalidParameterValue"),
            ("DeleteLaunchTemplate", "LaunchTemplateName=nobody", "InvalidLaunchTemplateName.NotFoundException"),
            ("DeleteLaunchTemplate", "LaunchTemplateId=lt-1", "InvalidLaunchTemplateId.Malformed"),
            ("DeleteLaunchTemplate", "LaunchTemplateId=lt-00000000000000000", "InvalidLaunchTemplateId.NotFound"),
            ("DescribeLaunchTemplates", "MaxResults=201", "InvalidParameterValue"),
            ("DescribeLaunchTemplates", "LaunchTemplateName.1=nobody", "InvalidLaunchTemplateName.NotFoundException"),
            ("DescribeLaunchTemplateVersions", "", "MissingParameter"),
            (
                "DescribeLaunchTemplateVersions",
                "LaunchTemplateName=known LaunchTemplateVersion.1=2",
                "InvalidLaunchTemplateId.VersionNotFound",
            ),
            ("RunInstances", "MinCount=1 MaxCount=1 LaunchTemplate.Version=1", "MissingParameter"),
            (
                "RunInstances",
                "MinCount=1 MaxCount=1 LaunchTemplate.LaunchTemplateName=nobody",
                "InvalidLaunchTemplateName.NotFoundException",
            ),
            (
                "RunInstances",
                "MinCount=1 MaxCount=1 LaunchTemplate.LaunchTemplateName=known LaunchTemplate.Version=7",
                "InvalidLaunchTemplateId.VersionNotFound",
            ),
        ] {
            assert_eq!(client.refused(action, parameters), code, "{action} {parameters}");
        }
        assert_eq!(client.ok("DescribeLaunchTemplates", "").count("launchTemplateId"), 1);
    }

    #[test]
    fn a_launch_takes_what_it_does_not_say_itself_from_its_template() {
        let client = Client::new(Delays::none());
        let create = format!("LaunchTemplateName=workers {}", data(&client));
        let id = client.ok("CreateLaunchTemplate", &create).text("launchTemplateId");
        let launch = format!(
            "MinCount=1 MaxCount=1 LaunchTemplate.LaunchTemplateId={id} LaunchTemplate.Version=$Default InstanceType=m6i.xlarge \
             TagSpecification.1.ResourceType=instance TagSpecification.1.Tag.1.Key=a TagSpecification.1.Tag.1.Value=launch"
        );
        let made = client.ok("RunInstances", &launch);
        assert_eq!(made.text("instanceType"), "m6i.xlarge");
        for (key, value) in [("a", "launch"), ("b", "template"), ("aws:ec2launchtemplate:id", &id)] {
            let tag = format!("<key>{key}</key><value>{value}</value>");
            assert!(made.body.contains(&tag), "{tag} in {}", made.body);
        }
        assert_eq!(client.ok("DescribeVolumes", "").text("size"), "40");
        client.ok("DeleteLaunchTemplate", &format!("LaunchTemplateId={id}"));
        let filter = format!("Filter.1.Name=tag:aws:ec2launchtemplate:id Filter.1.Value.1={id}");
        assert_eq!(client.ok("DescribeInstances", &filter).count("instanceId"), 1);
    }
}
