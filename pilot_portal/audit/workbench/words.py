"""Chinese names of the actions that events carry. Each app adds the labels of its lives and what its services record beside them."""

ROLE_NAMES: dict[str, str] = {}
ACTION_NAMES: dict[str, str] = {
    "add": "新增",
    "change": "修改",
    "propose": "提请",
    "decide": "确认提请",
    "login": "登录",
}


def name_actions(*choices, **names: str) -> None:
    """Add the labels of TextChoices of actions, and single names."""
    for actions in choices:
        ACTION_NAMES.update({action.value: action.label for action in actions})
    ACTION_NAMES.update(names)


def name_roles(roles) -> None:
    ROLE_NAMES.update({role.value: role.label for role in roles})
