"""A workbook of 500 contacts as an office would keep it, with every fault that a row can have."""

import io

import xlsxwriter

from consult.stakeholders.models import NAME_MAX, NEEDS_MAX, PHONE_MAX
from consult.vocabularies import tables

GOOD, FAULTY = 480, 20
FIRST = 4  # the line of the first row
COLUMNS = ("name", "kind", "category", "groups", "region", "language", "email", "channel", "phone", "access_needs")
# Names of columns as people write them; the one for the e-mail address is in no list of ours.
HEADERS = {
    "en": ("Organisation", "Type", "Category", "Groups", "Province", "Language", "Kontakt", "Contact by", "Tel", "Accessibility"),
    "ar": ("الاسم", "النوع", "الفئة", "المجموعات", "المنطقة", "اللغة", "Kontakt", "طريقة الاتصال", "الهاتف", "احتياجات خاصة"),
    "zh": ("名称", "类型", "类别", "群体", "地区", "语言", "Kontakt", "联系方式", "电话", "无障碍需求"),
}  # fmt: skip
KIND = {"en": ("organisation", "person"), "ar": ("منظمة", "شخص"), "zh": ("组织", "个人")}
NAMES = (
    "Rivers Union", "اتحاد الأنهار", "河流联合会", "Союз рек", "नदी संघ", "የወንዞች ህብረት", "สหภาพแม่น้ำ", "Žemės ūkio draugija",
    "נהרות יחד", "O’Connor & Þórsdóttir", "نساء من أجل العدالة", "妇女互助会",
)  # fmt: skip
CATEGORIES = ("cso", "academia", "trade_union", "media", "ministry")
LANGUAGES = ("en", "ar", "zh")
# What is wrong, in which column, and the refusal that says so; each several times until there are 20.
FAULTS: tuple[tuple[dict[str, str], str], ...] = (
    ({"name": ""}, "NameMissing"),
    ({"name": "x" * (NAME_MAX + 1)}, "NameTooLong"),
    ({"email": "no address"}, "AddressWrong"),
    ({"kind": "committee"}, "KindUnknown"),
    ({"category": "friends"}, "CategoryUnknown"),
    ({"groups": "everybody"}, "GroupUnknown"),
    ({"kind": "person", "groups": "women"}, "GroupsOfAPerson"),
    ({"language": "Klingon"}, "LanguageNotOurs"),
    ({"region": "Atlantis"}, "RegionUnknown"),
    ({"channel": "pigeon"}, "ChannelUnknown"),
    ({"channel": "phone", "phone": ""}, "ChannelWithoutContact"),
    ({"phone": "12"}, "PhoneWrong"),
    ({"phone": "5" * (PHONE_MAX + 1)}, "ContactTooLong"),
    ({"access_needs": "a ramp " * NEEDS_MAX}, "ContactTooLong"),
    ({"twice": "yes"}, "TwiceInList"),
)
FAULTS += FAULTS[: FAULTY - len(FAULTS)]


def email_of(number: int) -> str:
    """The address of a good row; that of row 7 the relay refuses."""
    return f"contact{number}@{'never.example' if number == 7 else 'org.example'}"


def _good(number: int, language: str) -> dict[str, str]:
    is_person = number % 10 == 0
    category, region = CATEGORIES[number % len(CATEGORIES)], list(tables.regions_in_use().values())[number % 3]
    return {
        "name": f"{NAMES[number % len(NAMES)]} {number}",
        "kind": KIND[language][is_person],
        "category": tables.categories()[category].names[language],
        "groups": "" if is_person or number % 3 else tables.groups()["women"].names[language],
        "region": region.names[language],
        "language": LANGUAGES[number % 3],
        "email": email_of(number),
        "channel": "",
        "phone": "+677 555 0141",
        "access_needs": "",
    }


def rows_of(language: str, *, corrected: bool) -> list[dict[str, str]]:
    """The rows: after each 24 good ones a faulty one, which may have been corrected."""
    rows = []
    for number in range(1, GOOD + 1):
        rows.append(_good(number, language))
        if number % (GOOD // FAULTY) == 0:
            faulty = _good(GOOD + number, language)
            wrong = {} if corrected else FAULTS[number // (GOOD // FAULTY) - 1][0]
            rows.append(rows[-1] if "twice" in wrong else faulty | wrong)
    return rows


def workbook(language: str, *, corrected: bool = False) -> bytes:
    """The file: a title and an empty line above the names of the columns, as people leave them."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("2027")
        sheet.write_string(0, 0, "Contacts 2027")
        sheet.write_row(2, 0, HEADERS[language])
        for line, row in enumerate(rows_of(language, corrected=corrected), FIRST - 1):
            for place, column in enumerate(COLUMNS):
                sheet.write_string(line, place, row[column])
    return target.getvalue()


def line_of_twice(language: str) -> int:
    """The line on which the entry stands that comes a second time."""
    rows = rows_of(language, corrected=False)
    return next(place for place, row in enumerate(rows) if row is rows[place + 1]) + FIRST
