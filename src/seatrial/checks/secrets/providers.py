"""The keys of providers that say what they are: a row for each form, with where the provider documents it.

What is matched is looser than what is issued today, since lengths change and prefixes do not: a prefix and enough behind
it. Where no page is named, the prefix is one of GitHub's list of partners' secrets
(https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns).
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Format(NamedTuple):
    """`written` is RE2's syntax for the whole key; it begins and ends at a word boundary. `sign` is a short piece that
    every such key has, and little else: where it is nowhere in a text, no such key is; by default what `written` begins with.
    """

    label: str
    written: str
    sign: str = ""


_T = r"[A-Za-z0-9]"
_U = r"[A-Za-z0-9_\-]"
_H = r"[0-9a-fA-F]"

FORMATS = (
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
    Format("aws-key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}", r"A(?:KI|SI|BI|CC)A[A-Z0-9]"),
    Format("aws-key", r"ABSK[A-Za-z0-9+/]{100,132}={0,2}"),
    # https://cloud.google.com/docs/authentication/api-keys, https://developers.google.com/identity/protocols/oauth2
    Format("google-key", rf"AIza{_U}{{35}}"),
    Format("google-key", rf"GOCSPX-{_U}{{28}}"),
    Format("google-key", rf"ya29\.{_U}{{20,900}}"),
    # https://learn.microsoft.com/en-us/purview/sit-defn-client-secret-api-key
    Format("azure-key", r"[A-Za-z0-9_.~\-]{3}\dQ~[A-Za-z0-9_.~\-]{31,34}", "Q~"),
    Format("azure-key", r"[A-Za-z0-9+/]{76}(?:AST|ACDB)[A-Za-z0-9+/]{4,8}={0,2}", "AST|ACDB"),
    # https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
    Format("github-token", rf"gh[pousr]_{_T}{{30,251}}", "gh[pousr]_"),
    Format("github-token", r"github_pat_[A-Za-z0-9_]{36,244}"),
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    Format(
        "gitlab-token",
        rf"gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)-(?:{_U}|\.){{20,300}}",
        "gl[a-z]{2,5}-",
    ),
    # https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/
    Format(
        "atlassian-token", r"AT[AB](?:TT|BT|B)[A-Za-z0-9_\-=]{20,400}|ATCTT3[A-Za-z0-9_\-=]{20,400}", "AT[ABC]T?[BT]"
    ),
    # https://docs.slack.dev/authentication/tokens
    Format("slack-token", rf"xox[abeoprsdc](?:\.xox[bp])?-{_U}{{10,300}}", r"xox[a-z][.\-]"),
    Format("slack-token", rf"x(?:app|wfp)-{_U}{{20,300}}", "x(?:app|wfp)-"),
    Format("slack-webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,120}"),
    # https://discord.com/developers/docs/reference#authentication, https://discord.com/developers/docs/resources/webhook
    Format("discord-token", rf"[A-Za-z0-9]{_U}{{22,27}}\.{_U}{{6}}\.{_U}{{27,40}}", rf"\.{_U}{{6}}\.{_U}"),
    Format("discord-token", rf"mfa\.{_U}{{80,90}}", r"mfa\."),
    Format(
        "discord-webhook",
        rf"discord(?:app)?\.com/api/(?:v\d{{1,2}}/)?webhooks/\d{{17,20}}/{_U}{{60,80}}",
        r"/webhooks/\d",
    ),
    # https://core.telegram.org/bots/api#authorizing-your-bot
    Format("telegram-token", rf"\d{{8,10}}:AA{_U}{{32,34}}", r"\d:AA"),
    # https://www.twilio.com/docs/iam/api-keys, https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
    Format("twilio-key", rf"SK{_H}{{32}}", "SK[0-9a-fA-F]{4}"),
    Format("sendgrid-key", rf"SG\.{_U}{{16,32}}\.{_U}{{32,64}}"),
    Format(
        "mailgun-key",
        r"(?:key-[0-9a-z]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})",
        "key-[0-9a-z]|[0-9a-f]-[0-9a-f]{8}-[0-9a-f]",
    ),
    Format("mailchimp-key", r"[0-9a-f]{32}-us\d{1,2}", r"-us\d"),
    Format("brevo-key", r"x(?:keysib|smtpsib)-[0-9a-f]{64}-[A-Za-z0-9]{16}", "x(?:keysib|smtpsib)-"),
    # https://docs.stripe.com/keys
    Format("stripe-key", rf"(?:sk|rk)_(?:live|test)_{_T}{{10,247}}", "[sr]k_(?:live|test)_"),
    Format("stripe-key", r"whsec_[A-Za-z0-9+/=]{24,64}"),
    # https://developer.squareup.com/docs/build-basics/access-tokens
    Format(
        "square-token", rf"sq0(?:atp|csp|idp)-{_U}{{22,60}}|EAAA[A-Za-z0-9_\-+=]{{58,64}}", "sq0(?:atp|csp|idp)-|EAAA"
    ),
    Format("paypal-token", r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    # https://shopify.dev/docs/apps/build/authentication-authorization
    Format("shopify-token", rf"shp(?:at|ca|pa|ss|tka|ua)_{_H}{{32}}"),
    Format("razorpay-key", rf"rzp_(?:live|test)_{_T}{{14,24}}"),
    Format("flutterwave-key", r"FLW(?:SECK|PUBK)(?:_TEST)?-[0-9a-zA-Z]{12,40}(?:-X)?", "FLW"),
    Format("adyen-key", r"AQE[A-Za-z0-9+/]{5}[A-Za-z0-9+/=.\-_*!?<>(){}\[\]:;,]{50,180}"),
    # https://help.openai.com/en/articles/9186755, https://docs.anthropic.com/en/api/admin-api
    Format("anthropic-key", rf"sk-ant-{_U}{{20,200}}"),
    Format("openrouter-key", r"sk-or-(?:v1-)?[0-9a-f]{32,80}"),
    Format("openai-key", rf"sk-(?:proj-|svcacct-|admin-|None-)?{_U}{{20,220}}"),
    Format("openai-key", rf"sess-{_T}{{40}}"),
    # https://huggingface.co/docs/hub/security-tokens
    Format("huggingface-token", rf"(?:hf_|api_org_){_T}{{30,50}}", "hf_|api_org_"),
    Format("groq-key", rf"gsk_{_T}{{40,60}}"),
    Format("xai-key", rf"xai-{_T}{{60,90}}"),
    Format("perplexity-key", rf"pplx-{_T}{{40,60}}"),
    Format("replicate-token", rf"r8_{_T}{{30,45}}"),
    Format("cerebras-key", rf"csk-{_T}{{40,60}}"),
    Format("nvidia-key", rf"nvapi-{_U}{{50,80}}"),
    Format("pinecone-key", rf"pcsk_{_U}{{50,80}}"),
    Format("langsmith-key", rf"lsv2_(?:pt|sk)_{_H}{{32}}_{_H}{{10}}"),
    Format("together-key", rf"tgp_v1_{_U}{{30,60}}"),
    Format("fireworks-key", rf"fw_{_T}{{22,30}}"),
    Format("elevenlabs-key", rf"sk_{_H}{{48}}"),
    Format("wandb-key", rf"wandb_v1_{_U}{{40,90}}"),
    # https://docs.npmjs.com/about-access-tokens, https://pypi.org/help/#apitoken, https://docs.docker.com/security/access-tokens/
    Format("npm-token", rf"npm_{_T}{{36}}"),
    Format("pypi-token", rf"pypi-AgE{_U}{{50,400}}"),
    Format("rubygems-key", rf"rubygems_{_H}{{48}}"),
    Format("docker-token", rf"dckr_(?:pat|oat)_{_U}{{24,64}}"),
    Format("clojars-token", r"CLOJARS_[0-9a-f]{60}", "CLOJARS_"),
    Format("cratesio-token", rf"cio{_T}{{32}}"),
    Format("nuget-key", r"oy2[a-z0-9]{43}"),
    # https://docs.digitalocean.com/reference/api/create-personal-access-token/
    Format("digitalocean-token", rf"do[opr]_v1_{_H}{{64}}", "do[opr]_v1_"),
    Format("heroku-key", rf"HRKU-{_U}{{36,70}}"),
    Format("fly-token", r"fo1_[A-Za-z0-9_\-]{43}|fm[12]r?_[A-Za-z0-9+/]{100,600}={0,3}", "fo1_|fm[12]r?_"),
    Format("netlify-token", rf"nf[pcoub]_{_T}{{36}}", "nf[pcoub]_"),
    Format("vercel-token", rf"vc[apirk]_{_T}{{24,80}}", "vc[apirk]_"),
    Format("cloudflare-token", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    Format("supabase-key", rf"sbp_{_H}{{40}}|sb_secret_{_U}{{22,60}}", "sbp_|sb_secret_"),
    Format("planetscale-token", rf"pscale_(?:tkn|pw|oauth)_(?:{_U}|[.=]){{32,64}}"),
    Format("databricks-token", rf"dapi{_H}{{32}}(?:-\d)?"),
    Format("snyk-token", rf"snyk_(?:uat|sat)\.[0-9a-f]{{8}}\.{_U}{{40,900}}"),
    # https://developer.hashicorp.com/vault/docs/concepts/tokens
    Format("vault-token", rf"hv[sbr]\.{_U}{{24,200}}", r"hv[sbr]\."),
    Format("terraform-token", rf"{_T}{{14}}\.atlasv1\.{_U}{{60,70}}", r"\.atlasv1\."),
    Format("pulumi-token", r"pul-[0-9a-f]{40}"),
    Format("doppler-token", rf"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_\-]{{2,35}}\.)?{_T}{{40,44}}"),
    Format(
        "1password-token",
        rf"ops_eyJ{_U}{{200,900}}|A3-[A-Z0-9]{{6}}-(?:[A-Z0-9]{{5}}-){{4,5}}[A-Z0-9]{{5,6}}",
        "ops_eyJ|A3-[A-Z0-9]",
    ),
    Format("age-key", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    # https://grafana.com/docs/grafana/latest/administration/service-accounts/, https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/
    Format("grafana-token", rf"gl(?:sa_{_T}{{32}}_{_H}{{8}}|c_[A-Za-z0-9+/]{{32,400}}={{0,2}})", "gl(?:sa|c)_"),
    Format("newrelic-key", r"NR(?:AK|JS|II|AL|IQ)-[A-Za-z0-9\-_]{19,42}", "NR[A-Z]{2}-"),
    Format("sentry-token", rf"sntry(?:s_eyJ[A-Za-z0-9+/=_\-]{{40,600}}|u_{_H}{{64}})"),
    Format("dynatrace-token", r"dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    Format("postman-key", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    Format("linear-key", rf"lin_(?:api|oauth|wh)_{_T}{{32,64}}"),
    Format("notion-token", rf"(?:ntn_{_T}{{40,50}}|secret_{_T}{{43}})", "ntn_|secret_[A-Za-z0-9]{6}"),
    Format("figma-token", rf"fig[dorh]{{1,2}}_{_U}{{36,60}}", "fig[dorh]"),
    Format("airtable-token", rf"pat{_T}{{14}}\.[0-9a-f]{{64}}"),
    Format("typeform-token", rf"tfp_(?:{_U}|[.=]){{40,64}}"),
    Format("contentful-token", rf"CFPAT-{_U}{{43}}"),
    Format("hubspot-token", r"pat-(?:na|eu)\d-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    Format("dropbox-token", rf"sl\.(?:u\.)?{_U}{{60,900}}"),
    Format("facebook-token", rf"EAA[A-Z]{_T}{{60,400}}"),
    Format("twitter-token", r"A{18,24}[A-Za-z0-9%]{60,110}", "AAAAAAAA"),
    Format(
        "launchdarkly-key",
        r"(?:api|sdk|mob)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "(?:api|sdk|mob)-[0-9a-f]",
    ),
    Format("buildkite-token", rf"bk(?:ua|ct|pt)_{_T}{{32,64}}", "bk(?:ua|ct|pt)_"),
    Format("circleci-token", rf"CCI(?:PAT|PRJ)_{_T}{{20,24}}_{_H}{{40}}"),
    Format("easypost-key", rf"EZ[AT]K{_T}{{54}}", "EZ[AT]K"),
    Format("shippo-token", rf"shippo_(?:live|test)_{_H}{{40}}"),
    Format("duffel-token", rf"duffel_(?:live|test)_{_U}{{43}}"),
    Format("tailscale-key", rf"tskey-(?:api|auth|client|webhook|scim)-{_T}{{9,20}}-{_T}{{20,50}}"),
    Format("ngrok-key", rf"\d[A-Za-z0-9]{{26}}_\d{_T}{{20}}", r"[A-Za-z0-9]{6}_\d[A-Za-z0-9]{6}"),
    Format("mapbox-token", rf"sk\.eyJ{_U}{{40,200}}\.{_U}{{20,40}}"),
    Format("resend-key", rf"re_{_T}{{8}}_{_T}{{20,32}}"),
    Format(
        "plaid-token",
        r"access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ),
)

_HEAD = re.compile(r"(?:[A-Za-z0-9_\-/]|\\\.){3,}(?![?*{])")


def sign(form: Format) -> str:
    """The sign of a format, as a pattern: the one it gives, or the letters its keys begin with."""
    if form.sign:
        return form.sign
    head = _HEAD.match(form.written)
    assert head is not None, f"{form.label} begins with no letters of its own and needs a sign"
    return head[0]
