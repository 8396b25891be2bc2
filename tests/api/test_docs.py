import json
import re

from django.test import Client


def test_the_documents_need_no_inline_script_and_no_foreign_host(api, db):
    page = Client().get("/api/docs/").content.decode()
    assert "swagger-ui-bundle" in page
    assert re.findall(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|https?://", page) == []
    assert Client().get("/api/docs/?script=").headers["Content-Type"].startswith("application/javascript")


def test_the_schema_is_served(api, db):
    served = api.get("/api/schema/?format=json")
    assert "json" in served["Content-Type"]
    assert json.loads(served.content)["info"]["title"]
