//! Both documents of `oca sbom` in full, for a small project.

use serde_json::Value;

use crate::env::Env;
use crate::harness::web;
use crate::project::WEB;

/// The document without its number, which depends on the version of `oca`, and without the version.
#[track_caller]
fn lasting(env: &Env, format: &str, number: &str) -> String {
    let output = env.oca(&["sbom", "--format", format]).output();
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{output}");
    let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let number = document.pointer(number).and_then(Value::as_str).expect("a number");
    let version = env!("CARGO_PKG_VERSION");
    let document =
        output.stdout.replace(number, "[NUMBER]").replace(&format!("oca-{version}"), "oca-[VERSION]");
    document.replace(&format!("\"{version}\""), "\"[VERSION]\"")
}

#[expect(clippy::too_many_lines, reason = "two whole documents")]
#[test]
fn a_module_has_its_commit_licence_tree_and_needs() {
    let env = Env::new();
    let remote = web(&env);
    let python = [("external_dependencies", "{'python': ['lxml==5.2.1'], 'deb': ['g++'], 'bin': ['lpr']}")];
    remote.branch("18.0").module("web_y", &[("depends", "['web_x', 'mail']"), python[0]]).commit();
    env.locked(WEB);
    env.remove_remotes();
    insta::assert_snapshot!(lasting(&env, "cyclonedx", "/serialNumber"), @r#"
    {
      "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
      "bomFormat": "CycloneDX",
      "specVersion": "1.6",
      "serialNumber": "[NUMBER]",
      "version": 1,
      "metadata": {
        "lifecycles": [
          {
            "phase": "pre-build"
          }
        ],
        "tools": {
          "components": [
            {
              "type": "application",
              "name": "oca",
              "version": "[VERSION]"
            }
          ]
        },
        "component": {
          "type": "application",
          "bom-ref": "export:standard",
          "name": "standard",
          "properties": [
            {
              "name": "oca:odoo",
              "value": "18.0"
            },
            {
              "name": "oca:layout",
              "value": "repos"
            }
          ]
        }
      },
      "components": [
        {
          "type": "library",
          "bom-ref": "repo:web",
          "name": "web",
          "version": "dc651ffc60b3db34a8ac4b84c3ffaee1946ff715",
          "purl": "pkg:generic/web@dc651ffc60b3db34a8ac4b84c3ffaee1946ff715",
          "properties": [
            {
              "name": "oca:branch",
              "value": "18.0"
            }
          ],
          "components": [
            {
              "type": "library",
              "bom-ref": "module:web/web_x",
              "name": "web_x",
              "version": "18.0.1.0.0",
              "licenses": [
                {
                  "license": {
                    "id": "AGPL-3.0-only",
                    "acknowledgement": "declared"
                  }
                }
              ],
              "purl": "pkg:generic/web@dc651ffc60b3db34a8ac4b84c3ffaee1946ff715#web_x",
              "swhid": [
                "swh:1:dir:98fbfe2584a8e43f0849d79a525f28f2b565b822"
              ],
              "properties": [
                {
                  "name": "oca:depends",
                  "value": "web"
                }
              ]
            },
            {
              "type": "library",
              "bom-ref": "module:web/web_y",
              "name": "web_y",
              "version": "18.0.1.0.0",
              "licenses": [
                {
                  "license": {
                    "id": "AGPL-3.0-only",
                    "acknowledgement": "declared"
                  }
                }
              ],
              "purl": "pkg:generic/web@dc651ffc60b3db34a8ac4b84c3ffaee1946ff715#web_y",
              "swhid": [
                "swh:1:dir:9ccc56ce8fb93540c411eba9ca6b1f1e3a97f9d9"
              ],
              "properties": [
                {
                  "name": "oca:depends",
                  "value": "mail"
                },
                {
                  "name": "oca:program",
                  "value": "lpr"
                }
              ]
            }
          ]
        },
        {
          "type": "library",
          "bom-ref": "pypi:lxml",
          "name": "lxml",
          "version": "5.2.1",
          "purl": "pkg:pypi/lxml@5.2.1",
          "properties": [
            {
              "name": "oca:requirement",
              "value": "lxml==5.2.1"
            }
          ]
        },
        {
          "type": "library",
          "bom-ref": "deb:g++",
          "name": "g++",
          "purl": "pkg:deb/debian/g%2B%2B"
        }
      ],
      "dependencies": [
        {
          "ref": "export:standard",
          "dependsOn": [
            "repo:web"
          ]
        },
        {
          "ref": "repo:web",
          "dependsOn": [
            "module:web/web_x",
            "module:web/web_y"
          ]
        },
        {
          "ref": "module:web/web_x"
        },
        {
          "ref": "module:web/web_y",
          "dependsOn": [
            "deb:g++",
            "module:web/web_x",
            "pypi:lxml"
          ]
        },
        {
          "ref": "pypi:lxml"
        },
        {
          "ref": "deb:g++"
        }
      ],
      "compositions": [
        {
          "aggregate": "complete",
          "assemblies": [
            "export:standard",
            "repo:web"
          ]
        },
        {
          "aggregate": "incomplete",
          "dependencies": [
            "module:web/web_x",
            "module:web/web_y"
          ]
        },
        {
          "aggregate": "unknown",
          "dependencies": [
            "pypi:lxml",
            "deb:g++"
          ]
        }
      ]
    }
    "#);
    insta::assert_snapshot!(lasting(&env, "spdx", "/documentNamespace"), @r#"
    {
      "spdxVersion": "SPDX-2.3",
      "dataLicense": "CC0-1.0",
      "SPDXID": "SPDXRef-DOCUMENT",
      "name": "oca-standard",
      "documentNamespace": "[NUMBER]",
      "creationInfo": {
        "created": "1970-01-01T00:00:00Z",
        "creators": [
          "Tool: oca-[VERSION]"
        ]
      },
      "packages": [
        {
          "SPDXID": "SPDXRef-export-standard",
          "name": "standard",
          "primaryPackagePurpose": "APPLICATION",
          "downloadLocation": "NOASSERTION",
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "NOASSERTION",
          "copyrightText": "NOASSERTION",
          "comment": "oca:odoo: 18.0\noca:layout: repos"
        },
        {
          "SPDXID": "SPDXRef-repo-web",
          "name": "web",
          "versionInfo": "dc651ffc60b3db34a8ac4b84c3ffaee1946ff715",
          "primaryPackagePurpose": "SOURCE",
          "downloadLocation": "NOASSERTION",
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "NOASSERTION",
          "copyrightText": "NOASSERTION",
          "externalRefs": [
            {
              "referenceCategory": "PACKAGE-MANAGER",
              "referenceType": "purl",
              "referenceLocator": "pkg:generic/web@dc651ffc60b3db34a8ac4b84c3ffaee1946ff715"
            }
          ],
          "comment": "oca:branch: 18.0"
        },
        {
          "SPDXID": "SPDXRef-module-web-web-x",
          "name": "web_x",
          "versionInfo": "18.0.1.0.0",
          "primaryPackagePurpose": "LIBRARY",
          "downloadLocation": "NOASSERTION",
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "AGPL-3.0-only",
          "copyrightText": "NOASSERTION",
          "externalRefs": [
            {
              "referenceCategory": "PACKAGE-MANAGER",
              "referenceType": "purl",
              "referenceLocator": "pkg:generic/web@dc651ffc60b3db34a8ac4b84c3ffaee1946ff715#web_x"
            },
            {
              "referenceCategory": "PERSISTENT-ID",
              "referenceType": "swh",
              "referenceLocator": "swh:1:dir:98fbfe2584a8e43f0849d79a525f28f2b565b822"
            }
          ],
          "comment": "oca:depends: web"
        },
        {
          "SPDXID": "SPDXRef-module-web-web-y",
          "name": "web_y",
          "versionInfo": "18.0.1.0.0",
          "primaryPackagePurpose": "LIBRARY",
          "downloadLocation": "NOASSERTION",
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "AGPL-3.0-only",
          "copyrightText": "NOASSERTION",
          "externalRefs": [
            {
              "referenceCategory": "PACKAGE-MANAGER",
              "referenceType": "purl",
              "referenceLocator": "pkg:generic/web@dc651ffc60b3db34a8ac4b84c3ffaee1946ff715#web_y"
            },
            {
              "referenceCategory": "PERSISTENT-ID",
              "referenceType": "swh",
              "referenceLocator": "swh:1:dir:9ccc56ce8fb93540c411eba9ca6b1f1e3a97f9d9"
            }
          ],
          "comment": "oca:depends: mail\noca:program: lpr"
        },
        {
          "SPDXID": "SPDXRef-pypi-lxml",
          "name": "lxml",
          "versionInfo": "5.2.1",
          "primaryPackagePurpose": "LIBRARY",
          "downloadLocation": "NOASSERTION",
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "NOASSERTION",
          "copyrightText": "NOASSERTION",
          "externalRefs": [
            {
              "referenceCategory": "PACKAGE-MANAGER",
              "referenceType": "purl",
              "referenceLocator": "pkg:pypi/lxml@5.2.1"
            }
          ],
          "comment": "oca:requirement: lxml==5.2.1"
        },
        {
          "SPDXID": "SPDXRef-deb-g",
          "name": "g++",
          "primaryPackagePurpose": "LIBRARY",
          "downloadLocation": "NOASSERTION",
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "NOASSERTION",
          "copyrightText": "NOASSERTION",
          "externalRefs": [
            {
              "referenceCategory": "PACKAGE-MANAGER",
              "referenceType": "purl",
              "referenceLocator": "pkg:deb/debian/g%2B%2B"
            }
          ]
        }
      ],
      "relationships": [
        {
          "spdxElementId": "SPDXRef-DOCUMENT",
          "relationshipType": "DESCRIBES",
          "relatedSpdxElement": "SPDXRef-export-standard"
        },
        {
          "spdxElementId": "SPDXRef-export-standard",
          "relationshipType": "CONTAINS",
          "relatedSpdxElement": "SPDXRef-repo-web"
        },
        {
          "spdxElementId": "SPDXRef-repo-web",
          "relationshipType": "CONTAINS",
          "relatedSpdxElement": "SPDXRef-module-web-web-x"
        },
        {
          "spdxElementId": "SPDXRef-repo-web",
          "relationshipType": "CONTAINS",
          "relatedSpdxElement": "SPDXRef-module-web-web-y"
        },
        {
          "spdxElementId": "SPDXRef-module-web-web-y",
          "relationshipType": "DEPENDS_ON",
          "relatedSpdxElement": "SPDXRef-deb-g"
        },
        {
          "spdxElementId": "SPDXRef-module-web-web-y",
          "relationshipType": "DEPENDS_ON",
          "relatedSpdxElement": "SPDXRef-module-web-web-x"
        },
        {
          "spdxElementId": "SPDXRef-module-web-web-y",
          "relationshipType": "DEPENDS_ON",
          "relatedSpdxElement": "SPDXRef-pypi-lxml"
        }
      ]
    }
    "#);
}
