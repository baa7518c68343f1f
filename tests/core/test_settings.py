import os
import stat

import pytest

from consult.core.settings import SettingWrong, load


def test_load_takes_defaults_then_file_then_variables(tmp_path):
    file = tmp_path / "site.toml"
    file.write_text('mail_port = 2500\nmail_user = "from the file"\n')
    environ = {"CONSULT_SETTINGS": str(file), "CONSULT_MAIL_PORT": "2600", "CONSULT_DATA_FOLDER": str(tmp_path / "d")}

    settings = load(environ=environ)

    assert (settings.mail_port, settings.mail_user, settings.mail_security) == (2600, "from the file", "starttls")


def test_whoever_sends_has_ten_minutes_to_take_it_back(tmp_path):
    """Not in other tests, which wait for nothing: there it is none."""
    assert load(environ={"CONSULT_DATA_FOLDER": str(tmp_path)}).undo_minutes == 10


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"CONSULT_MAIL_PROT": "25"}, "CONSULT_MAIL_PROT"),
        ({"CONSULT_MAIL_PORT": "many"}, "CONSULT_MAIL_PORT"),
        ({"CONSULT_MAIL_PORT": "0"}, "mail_port"),
        ({"CONSULT_MAIL_SECURITY": "perhaps"}, "mail_security"),
        ({"CONSULT_TIME_ZONE": "Mars/Base"}, "time_zone"),
        ({"CONSULT_TIME_ZONE": "../etc"}, "time_zone"),
        ({"CONSULT_BASE_URL": "consult.example"}, "base_url"),
        ({"CONSULT_DATABASE_URL": "mysql://x"}, "database_url"),
        ({"CONSULT_LANGUAGES": "en,sm"}, "locales.sm"),
        ({"CONSULT_LANGUAGES": ","}, "languages"),
        ({"CONSULT_SECRET_KEY": "short"}, "secret_key"),
        ({"CONSULT_MODE": "production"}, "mail_host"),
        ({"CONSULT_MODE": "production", "CONSULT_MAIL_HOST": "relay.example"}, "secret_key"),
        ({"CONSULT_SITE_NAME": "x"}, "CONSULT_SITE_NAME"),
        ({"CONSULT_SETTINGS": "nowhere.toml"}, "nowhere.toml"),
        ({"CONSULT_ROUTES_FILE": "nowhere.toml"}, "routes_file: nowhere.toml"),
    ],
)
def test_load_stops_with_a_sentence_that_names_the_wrong_setting(tmp_path, environ, named):
    with pytest.raises(SettingWrong, match=named):
        load({"data_folder": str(tmp_path)}, environ)


def test_load_refuses_an_unknown_name_in_the_file(tmp_path):
    file = tmp_path / "site.toml"
    file.write_text("colour = 1\n")

    with pytest.raises(SettingWrong, match="colour"):
        load({"data_folder": str(tmp_path)}, {"CONSULT_SETTINGS": str(file)})


def test_demo_key_is_generated_once_and_readable_by_its_owner_only(tmp_path):
    first = load({"data_folder": str(tmp_path)}, {})
    second = load({"data_folder": str(tmp_path)}, {})

    assert first.secret_key == second.secret_key
    assert stat.S_IMODE(os.stat(tmp_path / "secret_key").st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_an_operator_adds_a_language_that_babel_does_not_know(tmp_path):
    settings = load(
        {
            "data_folder": str(tmp_path),
            "languages": ["en", "sm"],
            "locales": {"sm": {"name": "Gagana Samoa", "formats": "en_GB"}},
        },
        {},
    )

    assert [(record.code, record.name) for record in settings.language_records()] == [
        ("en", "English"),
        ("sm", "Gagana Samoa"),
    ]


def test_a_safe_may_be_named_before_its_key_is_known(tmp_path):
    """Safe is set up with our key and the officers' cards, so they come first."""
    settings = load({"data_folder": str(tmp_path / "data"), "safe_url": "https://safe.example"}, environ={})

    assert (settings.takes_nameless, settings.safe_key) == (True, "")
    with pytest.raises(SettingWrong, match="safe_key"):
        load(
            {"data_folder": str(tmp_path / "data"), "safe_url": "https://safe.example", "safe_key": "none"}, environ={}
        )
