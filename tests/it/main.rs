//! Runs the real binary against real repositories and loopback servers; nothing here needs the network.

#![expect(clippy::disallowed_methods, reason = "tests set up their own files")]

#[cfg(target_os = "linux")]
mod action;
mod add;
mod add_core;
mod add_pasted;
mod add_selection;
mod addons_path;
mod addons_path_files;
mod attributes;
mod auth;
#[cfg(target_os = "linux")]
mod automation;
mod cache;
mod cache_prune;
mod check;
mod check_gitlab;
mod check_own;
mod checkouts;
#[cfg(unix)]
mod completions;
mod config;
mod core_in_front;
mod core_old;
mod core_refused;
mod credentials;
mod daemon;
#[cfg(unix)]
mod deep;
mod demo;
mod denied;
mod diff;
mod diff_deep;
mod disk;
#[cfg(unix)]
mod docker_scripts;
#[cfg(unix)]
mod docs;
mod editions;
mod endless;
mod env;
mod everyday;
#[cfg(unix)]
mod examples;
#[cfg(unix)]
mod export;
mod export_abroad;
mod export_core;
#[cfg(unix)]
mod export_dest;
mod export_layers;
mod export_merges;
mod faults;
#[cfg(unix)]
mod files;
mod find;
mod first_answer;
mod first_words;
mod forges;
mod forges_tokens;
#[cfg(unix)]
mod git_pipes;
mod harness;
#[cfg(unix)]
mod hostile_trees;
mod http;
mod http2;
mod import_core;
mod import_core_places;
mod import_doodba;
mod import_formats;
mod import_large;
mod import_merges;
mod import_odd;
mod import_own;
mod import_pins;
mod import_refused;
mod import_submodules;
mod import_variables;
mod in_container;
mod init;
mod json_errors;
mod list;
mod local_remotes;
mod lock;
mod lock_careful;
mod lock_check;
mod lock_diff;
mod lock_diff_installed;
mod lock_diff_installed_refused;
mod lock_diff_log;
mod lock_diff_odoo;
mod lock_diff_update;
mod lock_difference;
mod lock_digest;
mod lock_flags;
mod lock_format;
mod lock_lies;
mod lock_merge;
mod lock_refused;
mod lock_unmerged;
mod lock_upgrade;
mod lock_upstream;
mod loopback;
#[cfg(unix)]
mod man;
#[cfg(unix)]
mod markdown;
#[cfg(unix)]
mod merges;
mod merges_bad;
mod merges_declared;
mod merges_dropped;
mod merges_in_git;
mod merges_later;
mod merges_push;
mod merges_together;
mod merges_upstream;
mod odd_modes;
mod odoo_itself;
#[cfg(unix)]
mod one_at_a_time;
mod other_transports;
mod outdated;
mod outdated_report;
#[cfg(unix)]
mod own_in_image;
#[cfg(unix)]
mod pages;
mod patch;
mod project;
mod proxies;
mod proxy;
#[cfg(target_os = "linux")]
mod release;
mod remote;
mod remove;
mod report;
mod requirements;
mod requirements_hostile;
mod requirements_of_odoo;
mod requirements_override;
mod requirements_python;
mod requirements_selection;
mod requirements_system;
mod resolve;
mod resolve_abort;
mod resolve_open;
mod resolve_patch;
mod resolve_profiles;
mod rooms;
mod run;
mod sbom;
mod sbom_documents;
mod schemas;
mod secrets;
mod selection;
mod server;
#[cfg(unix)]
mod shop;
#[cfg(unix)]
mod ssh;
mod status;
mod strangers;
#[cfg(unix)]
mod strays;
mod submodules;
mod submodules_check;
#[cfg(unix)]
mod submodules_hostile;
mod submodules_modes;
mod submodules_odd;
mod submodules_pulled;
mod sync;
mod sync_complete;
mod sync_directories;
#[cfg(unix)]
mod sync_files;
mod sync_many_files;
mod sync_moves;
mod sync_outcomes;
mod sync_prune;
mod sync_repair;
mod sync_safety;
#[cfg(unix)]
mod sync_symlinks;
mod terminal;
mod tls;
mod transports;
mod tree;
mod usage;
#[cfg(unix)]
mod verify;
#[cfg(unix)]
mod verify_distrust;
mod why;
mod work;
#[cfg(target_os = "linux")]
mod workflow;
