"""OpenID Connect providers, with whose tokens callers assume roles."""

from pulumi_moto.row import Change, Client, Props, Row, State, fields
from pulumi_moto.services.missing import deleting, found_or_none
from pulumi_moto.shapes import same_set, tag_dict, tag_list, without_empty


def create(iam: Client, props: Props) -> str:
    made = iam.create_open_id_connect_provider(
        Url=props["url"],
        ClientIDList=props["clientIdLists"],
        Tags=tag_list(props.get("tags")),
        **without_empty({"ThumbprintList": props.get("thumbprintLists")}),
    )
    return str(made["OpenIDConnectProviderArn"])


def read(iam: Client, arn: str) -> State | None:
    found = found_or_none(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)
    if found is None:
        return None
    return {
        "url": found["Url"],
        "clientIdLists": found["ClientIDList"],
        "thumbprintLists": found["ThumbprintList"],
        "tags": tag_dict(found.get("Tags")),
        "arn": arn,
    }


def update(iam: Client, arn: str, change: Change) -> None:
    old, new = set(change.old["clientIdLists"]), set(change.new["clientIdLists"])
    for client in sorted(new - old):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=client)
    for client in sorted(old - new):
        iam.remove_client_id_from_open_id_connect_provider(
            OpenIDConnectProviderArn=arn, ClientID=client
        )
    if "thumbprintLists" in change.keys:
        iam.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=arn, ThumbprintList=change.new["thumbprintLists"]
        )
    if "tags" in change.keys:
        gone = list(change.old.get("tags") or {})
        iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=gone)
        iam.tag_open_id_connect_provider(
            OpenIDConnectProviderArn=arn, Tags=tag_list(change.new.get("tags"))
        )


def same_url(old: str, new: str) -> bool:
    """Compare without the scheme, which IAM does not return."""
    return old.removeprefix("https://") == new.removeprefix("https://")


ROWS = (
    Row(
        token="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        client="iam",
        source="internal/service/iam/openid_connect_provider.go",
        inputs=fields("url clientIdLists thumbprintLists tags.*"),
        outputs=fields("arn"),
        replaces=fields("url"),
        computed=fields("thumbprintLists"),
        same={"url": same_url, "clientIdLists": same_set},
        create=create,
        read=read,
        update=update,
        delete=deleting("delete_open_id_connect_provider", "OpenIDConnectProviderArn"),
    ),
)
