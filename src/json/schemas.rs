//! The schemas of the reports are those of their types.

use super::*;
use crate::schema::shipped::{assert_shipped, of_output};

macro_rules! reports {
    ($($name:literal: $report:ty,)*) => {
        #[test]
        fn the_schemas_of_the_reports_are_shipped() {
            $({
                let mut schema = of_output::<Versioned<$report>>();
                // The comment of the report, not of its version.
                let about = of_output::<$report>().get("description").cloned();
                schema.insert("description".to_owned(), about.expect("a comment of the report"));
                assert_shipped($name, schema);
            })*
        }
    };
}

reports! {
    "addons-path": AddonsPathReport<'static>,
    "cache-prune": CachePruneReport<'static>,
    "cache-size": CacheSizeReport<'static>,
    "changes": ChangeReport<'static>,
    "check": CheckReport<'static>,
    "diff": DiffReport<'static>,
    "error": FailureReport,
    "export": OutcomeReport<'static>,
    "export-layers": LayersReport<'static>,
    "find": FindReport<'static>,
    "list": ListReport<'static>,
    "lock-check": FreshnessReport,
    "outdated": OutdatedReport<'static>,
    "requirements": RequirementsReport<'static>,
    "requirements-system": SystemReport<'static>,
    "status": StatusReport<'static>,
    "submodules": SubmodulesReport<'static>,
    "sync": OutcomeReport<'static>,
    "tree": TreeReport<'static>,
    "verify": VerifyReport<'static>,
    "why": WhyReport<'static>,
}
