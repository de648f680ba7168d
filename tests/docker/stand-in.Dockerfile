# The images that tests/docker/stand-in makes of its Debian root.

ARG SUITE=bullseye

# As an image of Python: with pip and venv, without Odoo.
FROM localhost/oca-debian:${SUITE} AS python
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/*


FROM python AS base
# What an image of Odoo has: its user, its odoo.conf, its modules.
RUN useradd --system --create-home --home-dir /var/lib/odoo odoo \
    && mkdir -p /etc/odoo /usr/lib/python3/dist-packages/odoo/addons/base \
    && printf '[options]\naddons_path = /mnt/extra-addons\ndata_dir = /var/lib/odoo\n' >/etc/odoo/odoo.conf \
    && chown -R odoo: /etc/odoo \
    && cd /usr/lib/python3/dist-packages/odoo/addons/base \
    && touch __init__.py && printf '{"name": "Base"}\n' >__manifest__.py
USER odoo


FROM localhost/oca-debian:${SUITE} AS odoo
ARG ODOO=odoo-14
# Debian's odoo-19 and rtlcss are only in sid; what they need is in trixie, too, with the Python that Odoo 19 runs on.
RUN if [ "${ODOO}" = odoo-19 ]; then \
        . /etc/os-release \
        && sed "s/ ${VERSION_CODENAME} / sid /" /etc/apt/sources.list >/etc/apt/sources.list.d/sid.list \
        && printf 'Package: *\nPin: release n=sid\nPin-Priority: -1\n\nPackage: odoo-19 node-rtlcss\nPin: release n=sid\nPin-Priority: 500\n' \
            >/etc/apt/preferences.d/sid; \
    fi \
    && apt-get update \
    && apt-get install --yes --no-install-recommends ${ODOO} python3-pip $([ "${ODOO}" != odoo-19 ] || echo node-rtlcss) \
    && rm -rf /var/lib/apt/lists/*
COPY odoo-entrypoint /entrypoint.sh
USER odoo
ENTRYPOINT ["/entrypoint.sh"]
CMD ["odoo"]


FROM localhost/oca-debian:${SUITE} AS postgres
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/*
COPY postgres-entrypoint /entrypoint.sh
ENTRYPOINT ["/entrypoint.sh"]
