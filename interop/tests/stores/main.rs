//! Nodes over stores: without a cluster, and behind one that loses all its nodes at once; stores that fail while nodes serve.

mod cluster;
mod faults;
mod loss;
mod moves;
mod outage;
mod persistent;
mod saves;
mod without_cluster;

use std::process::ExitCode;

use outlive_interop::StoreKind::{Files, MariaDb, Postgres, Redis, Sqlite};
use outlive_interop::runner::{self, Test};

fn main() -> ExitCode {
    runner::main(&[
        Test::new("nine_steps_over_files", |scene| without_cluster::nine_steps(scene, Files)).with_outlive(),
        Test::new("nine_steps_over_sqlite", |scene| without_cluster::nine_steps(scene, Sqlite)).with_outlive(),
        Test::new("nine_steps_over_postgresql", |scene| without_cluster::nine_steps(scene, Postgres))
            .with_outlive()
            .with_store(Postgres),
        Test::new("nine_steps_over_mariadb", |scene| without_cluster::nine_steps(scene, MariaDb))
            .with_outlive()
            .with_store(MariaDb),
        Test::new("nine_steps_over_redis", |scene| without_cluster::nine_steps(scene, Redis))
            .with_outlive()
            .with_store(Redis),
        Test::new("nine_steps_over_files_with_a_tomcat", without_cluster::files_with_a_tomcat)
            .with_outlive()
            .with_tomcat(),
        Test::new("nine_steps_over_files_from_base_folders_with_a_tomcat", without_cluster::base_folders)
            .with_outlive()
            .with_tomcat(),
        Test::new("nine_steps_over_one_table_with_a_tomcat", without_cluster::table_with_a_tomcat)
            .with_outlive()
            .with_tomcat()
            .with_store(Postgres),
        Test::new("an_idle_session_moves_to_the_store_and_back", persistent::swaps).with_outlive(),
        Test::new("the_idlest_sessions_make_room", persistent::makes_room).with_outlive(),
        Test::new("a_copy_in_the_store_outlives_a_crash", persistent::copies).with_outlive(),
        Test::new("an_orderly_end_saves_or_ends_all", persistent::restarts).with_outlive(),
        Test::new("a_total_loss_costs_the_last_moment_at_most_over_files", |scene| {
            loss::costs_the_last_moment(scene, Files)
        })
        .with_outlive(),
        Test::new("a_total_loss_costs_the_last_moment_at_most_over_sqlite", |scene| {
            loss::costs_the_last_moment(scene, Sqlite)
        })
        .with_outlive(),
        Test::new("files_resurrect_nothing", |scene| loss::resurrects_nothing(scene, Files)).with_outlive(),
        Test::new("sqlite_resurrects_nothing", |scene| loss::resurrects_nothing(scene, Sqlite)).with_outlive(),
        Test::new("postgresql_resurrects_nothing", |scene| loss::resurrects_nothing(scene, Postgres))
            .with_outlive()
            .with_store(Postgres),
        Test::new("mariadb_resurrects_nothing", |scene| loss::resurrects_nothing(scene, MariaDb))
            .with_outlive()
            .with_store(MariaDb),
        Test::new("redis_resurrects_nothing", |scene| loss::resurrects_nothing(scene, Redis))
            .with_outlive()
            .with_store(Redis),
        Test::new("a_keeper_gives_tomcats_what_its_store_has", loss::keeper_and_tomcat).with_outlive().with_tomcat(),
        Test::new("a_file_of_sessions_outlives_its_node", loss::sessions_file).with_outlive(),
        Test::new("postgresql_down_and_slow_fails_no_request", |scene| outage::fails_no_request(scene, Postgres))
            .with_outlive()
            .with_store(Postgres),
        Test::new("mariadb_down_and_slow_fails_no_request", |scene| outage::fails_no_request(scene, MariaDb))
            .with_outlive()
            .with_store(MariaDb),
        Test::new("redis_down_and_slow_fails_no_request", |scene| outage::fails_no_request(scene, Redis))
            .with_outlive()
            .with_store(Redis),
        Test::new("a_session_is_saved_once_a_second", saves::one_a_second)
            .with_outlive()
            .with_store(Postgres)
            .with_store(Redis),
        Test::new("a_full_disk_under_files_fails_no_request", faults::full_disk_of_files).with_outlive(),
        Test::new("a_full_disk_under_sqlite_fails_no_request", faults::full_disk_of_sqlite).with_outlive(),
        Test::new("a_redis_without_memory_fails_no_request", faults::full_redis).with_outlive().with_store(Redis),
        Test::new("a_read_only_folder_fails_no_request", faults::read_only).with_outlive(),
        Test::new("a_table_of_another_form_fails_no_request", faults::another_schema)
            .with_outlive()
            .with_store(Postgres),
        Test::new("spoilt_files_are_set_aside", |scene| faults::spoilt(scene, Files)).with_outlive(),
        Test::new("spoilt_rows_are_set_aside", |scene| faults::spoilt(scene, Postgres))
            .with_outlive()
            .with_store(Postgres),
        Test::new("sessions_move_through_every_store", moves::through_every_store)
            .with_outlive()
            .with_store(Postgres)
            .with_store(MariaDb)
            .with_store(Redis),
        Test::new("postgresql_refuses_the_password", |scene| outage::wrong_password(scene, Postgres))
            .with_outlive()
            .with_store(Postgres),
        Test::new("mariadb_refuses_the_password", |scene| outage::wrong_password(scene, MariaDb))
            .with_outlive()
            .with_store(MariaDb),
        Test::new("redis_refuses_the_password", |scene| outage::wrong_password(scene, Redis))
            .with_outlive()
            .with_store(Redis),
    ])
}
