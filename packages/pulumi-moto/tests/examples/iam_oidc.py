"""Example of the row of OpenID Connect providers."""

from row_example import Example

EXAMPLES = {
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Example(
        inputs=lambda: {
            "url": "https://token.actions.githubusercontent.com",
            "clientIdLists": ["sts.amazonaws.com", "somebody"],
            "thumbprintLists": ["a" * 40],
            "tags": {"Stack": "test"},
        },
        change={
            "clientIdLists": ["sts.amazonaws.com", "somebody-else"],
            "thumbprintLists": ["b" * 40],
            "tags": {"Stack": "other"},
        },
    )
}
