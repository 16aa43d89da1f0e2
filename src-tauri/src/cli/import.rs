use super::context::{Context, block_on};
use super::print;
use super::problem::Problem;
use super::sentence::sentence;
use crate::domain::error::{Code, Failure};
use crate::domain::view::InstanceView;

/// Bring in what exists at a hosted platform; without a choice, list it
#[derive(clap::Args)]
pub(super) struct Args {
    /// The ids of instances there, or their names
    instances: Vec<String>,
    /// Only those whose name contains this text
    #[arg(long, value_name = "TEXT", conflicts_with = "instances")]
    search: Option<String>,
    /// Everything that is not here yet
    #[arg(long, conflicts_with = "instances")]
    all: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Problem> {
    let workspace = context.workspace_or_default()?;
    let search = args.search.as_deref();
    let instances = block_on(context.engine.instances(&workspace, search))?;
    let ids = if args.all {
        instances.iter().filter(|i| i.connection.is_none()).map(|i| i.id.clone()).collect()
    } else if args.instances.is_empty() {
        context.print(&instances, || print_instances(&instances, &workspace.view.label, search));
        return Ok(());
    } else {
        args.instances.iter().map(|word| find_id(&instances, word)).collect::<Result<Vec<_>, _>>()?
    };
    let done = block_on(context.engine.import(&workspace, &ids))?;
    context.print(&done, || {
        done.added.iter().for_each(|view| print::line(&view.name));
        for failed in &done.failed {
            print::note(&format!("{}: {}", failed.instance, sentence(&failed.failure, None)));
        }
        print::note(&format!("{} brought in, {} not.", done.added.len(), done.failed.len()));
    });
    match done.failed.into_iter().next() {
        Some(failed) => Err(Problem::printed(failed.failure)),
        None => Ok(()),
    }
}

fn print_instances(instances: &[InstanceView], label: &str, search: Option<&str>) {
    if instances.is_empty() {
        print::note(&match search {
            Some(text) => format!("Nothing called “{text}” stands at {label}."),
            None => format!("Nothing stands at {label} yet."),
        });
    } else {
        print::table(instances.iter().map(|i| {
            let here = if i.connection.is_some() { "here" } else { "-" };
            [i.id.as_str(), &i.name, &i.element, here]
        }));
        print::note("Bring some in with: keyrack import ID… or --all");
    }
}

/// Finds an instance by its id, or by a name that no other instance has.
fn find_id(instances: &[InstanceView], word: &str) -> Result<String, Failure> {
    if let Some(instance) = instances.iter().find(|i| i.id == word) {
        return Ok(instance.id.clone());
    }
    let named: Vec<_> = instances.iter().filter(|i| i.name.to_lowercase() == word.to_lowercase()).collect();
    match named.as_slice() {
        [] => Err(Failure::new(Code::InstanceGone).name(word)),
        [instance] => Ok(instance.id.clone()),
        several => {
            let candidates = several.iter().map(|i| format!("{} ({})", i.id, i.element)).collect();
            let failure = Failure::new(Code::NameAmbiguous).name(word);
            Err(Failure { candidates: Some(candidates), ..failure })
        }
    }
}
