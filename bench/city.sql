-- A synthetic city, one statement a layer, everything numbered from 0 and placed by its number.
-- Parameters: communities (a multiple of 3), plans (of each community, the last one in force), households (true or false).
--
-- The ground is a lattice of 25 m steps whose corners are shaken by up to 7 m. A grid is 12 by 12 steps, a segment a
-- third of it, a community 5 by 5 grids, a row of the city 30 communities. All shapes share the lattice's corners, so
-- that they tile. Three neighbouring grids hold 14, 13 and 13 buildings, each building has three stairwells.

CREATE OR REPLACE FUNCTION pg_temp.corner(x bigint, y bigint) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
    SELECT ST_SetSRID(ST_MakePoint(
        (1190000000 + 2500 * x + mod(x * 7919 + y * 104729, 121) - 60) / 1e7,
        (260000000 + 2250 * y + mod(x * 15485863 + y * 32452843, 121) - 60) / 1e7), 4326)
$$;

CREATE OR REPLACE FUNCTION pg_temp.block(x0 bigint, y0 bigint, x1 bigint, y1 bigint) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
    SELECT ST_Multi(ST_MakePolygon(ST_MakeLine(ARRAY(
        SELECT pg_temp.corner(x, y) FROM (
            SELECT 1 AS side, x AS nth, x, y0 AS y FROM generate_series(x0, x1 - 1) AS x
            UNION ALL SELECT 2, y, x1, y FROM generate_series(y0, y1 - 1) AS y
            UNION ALL SELECT 3, -x, x, y1 FROM generate_series(x0 + 1, x1) AS x
            UNION ALL SELECT 4, -y, x0, y FROM generate_series(y0 + 1, y1) AS y
            UNION ALL SELECT 5, 0, x0, y0
        ) AS edge ORDER BY side, nth))))
$$;

-- A drawing in metres, turned and put on the ground; x and y in steps of the lattice. 100,053 and 110,800 metres a degree.
CREATE OR REPLACE FUNCTION pg_temp.put(drawing geometry, x float, y float, turn float) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
    SELECT ST_SetSRID(ST_SnapToGrid(ST_Affine(drawing,
        cos(turn) / 100053, -sin(turn) / 100053, sin(turn) / 110800, cos(turn) / 110800,
        119 + 0.00025 * x, 26 + 0.000225 * y), 1e-7), 4326)
$$;

CREATE OR REPLACE FUNCTION pg_temp.pick(nth bigint, words text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (string_to_array(words, ' '))[1 + mod(nth, array_length(string_to_array(words, ' '), 1))]
$$;

CREATE TEMP TABLE community AS
SELECT k, k + 1 AS id, mod(k, 30) * 60 AS x, k / 30 * 60 AS y,
       '99' || lpad((k / 90 + 1)::text, 4, '0') || lpad((mod(k, 90) / 10 + 1)::text, 3, '0')
            || lpad((mod(k, 10) + 1)::text, 3, '0') AS code
FROM generate_series(0, %(communities)s::bigint - 1) AS k;

CREATE TEMP TABLE cell AS
SELECT k * 25 + i AS g, i, k, code AS community, code || lpad((i + 1)::text, 3, '0') AS code,
       x + mod(i, 5) * 12 AS x, y + i / 5 * 12 AS y
FROM community, generate_series(0, 24) AS i;

CREATE TEMP TABLE house AS
SELECT b, b + 1 AS id, g, slot, k, community || lpad((i * 20 + slot + 1)::text, 5, '0') AS code,
       x + mod(slot, 3) * 4 + 2 AS x, y + 12 * (slot / 3 + 0.5) / 5 AS y, radians(mod(b * 37, 31) - 15) AS turn
FROM (
    SELECT b, b / 40 * 3 + CASE WHEN mod(b, 40) < 14 THEN 0 WHEN mod(b, 40) < 27 THEN 1 ELSE 2 END AS g,
           mod(b, 40) - CASE WHEN mod(b, 40) < 14 THEN 0 WHEN mod(b, 40) < 27 THEN 14 ELSE 27 END AS slot
    FROM generate_series(0, %(communities)s::bigint * 1000 / 3 - 1) AS b
) AS numbered JOIN cell USING (g);

ANALYZE community, cell, house;

INSERT INTO buildings_area (id, source, source_id, code, name, level, kind, parent_id, boundary, label, office_phone,
    office_hours, office_address, supervision_phone)
SELECT 100000 + d, '', '', left(min(code), 6), (d + 1) || '区', 6, 'district', NULL::bigint,
       pg_temp.block(0, d * 180, 1800, d * 180 + 180), pg_temp.corner(900, d * 180 + 90), '', '', '', ''
FROM community, LATERAL (SELECT k / 90 AS d) AS district GROUP BY d;

INSERT INTO buildings_area (id, source, source_id, code, name, level, kind, parent_id, boundary, label, office_phone,
    office_hours, office_address, supervision_phone)
SELECT 200000 + s, '', '', left(min(code), 9), (s + 1) || '街道', 9, 'subdistrict', 100000 + s / 9,
       pg_temp.block(min(x), min(y), min(x) + 600, min(y) + 60), pg_temp.corner(min(x) + 300, min(y) + 30),
       '0591-5550 0000', '周一至周五 8:30-17:30', s || '街道办事处', '0591-5550 0001'
FROM community, LATERAL (SELECT k / 10 AS s) AS subdistrict GROUP BY s;

INSERT INTO buildings_area (id, source, source_id, code, name, level, kind, parent_id, boundary, label, office_phone,
    office_hours, office_address, supervision_phone)
SELECT id, '', '', code,
       pg_temp.pick(k, '东 西 南 北 中 上 下 前 后 新') || pg_temp.pick(k / 10, '湖 山 桥 门 街 园 溪 塘 岭 港') || (k / 100 + 1) || '社区',
       12, 'community', 200000 + k / 10, pg_temp.block(x, y, x + 60, y + 60), pg_temp.corner(x + 30, y + 30),
       '0591-5551 ' || lpad(k::text, 4, '0'), '周一至周五 8:30-17:30', '东西' || y / 12 || '路1号',
       '0591-5552 ' || lpad(k::text, 4, '0')
FROM community;

INSERT INTO buildings_compound (id, source, source_id, code, community_id, name, aliases, kind, address, boundary,
    property_company, property_phone)
SELECT g + 1, '', '', community || '-' || (i + 1), k + 1,
       pg_temp.pick(g, '宝 金 翠 锦 福 玉 龙 凤 明 丽 春 秋 江 海 云 星 和 安 康 泰 兴 盛 华 荣')
       || pg_temp.pick(g / 24, '湖 山 源 城 泉 庭 林 湾 景 岸 桥 河 园 塘 溪 竹 兰 桂 松 柏 鼎 馨 悦 岭 港')
       || pg_temp.pick(g / 600, '花园 家园 新村 小区 公寓 名苑 雅居 花都 佳苑 里')
       || CASE WHEN g < 6000 THEN '' ELSE pg_temp.pick(g / 6000, '一 二 三') || '期' END,
       '{}', 'commodity', '东西' || y / 12 || '路' || x || '号',
       ST_Multi(ST_MakePolygon(ST_MakeLine(ARRAY[pg_temp.corner(x, y), pg_temp.corner(x + 12, y),
           pg_temp.corner(x + 12, y + 12), pg_temp.corner(x, y + 12), pg_temp.corner(x, y)]))),
       '', ''
FROM cell;

INSERT INTO buildings_building (id, source, source_id, code, community_id, compound_id, number, name, address, aliases,
    kind, floors, footprint)
SELECT id, '', '', code, k + 1, g + 1, (slot + 1)::text, '', '东西' || floor(y / 12) || '路' || floor(x) || '号', '{}',
       'residential', 6 + mod(b, 27),
       pg_temp.put('MULTIPOLYGON(((-30 -7, -10 -7, 10 -7, 30 -7, 30 7, 10 7, 10 9, -10 9, -10 7, -30 7, -30 -7)))', x, y, turn)
FROM house ORDER BY b;

INSERT INTO buildings_stairwell (id, source, source_id, code, building_id, number, name, floors, footprint, entrance,
    derived)
SELECT b * 3 + bay + 1, '', '', code || lpad((bay + 1)::text, 2, '0'), id, (bay + 1)::text, '', 6 + mod(b, 27),
       pg_temp.put((ARRAY['MULTIPOLYGON(((-30 -7, -10 -7, -10 7, -30 7, -30 -7)))',
           'MULTIPOLYGON(((-10 -7, 10 -7, 10 7, 10 9, -10 9, -10 7, -10 -7)))',
           'MULTIPOLYGON(((10 -7, 30 -7, 30 7, 10 7, 10 -7)))'])[bay + 1], x, y, turn),
       pg_temp.put(ST_MakePoint(20 * (bay - 1), -7), x, y, turn), false
FROM house, generate_series(0, 2) AS bay ORDER BY b, bay;

INSERT INTO buildings_road (source, source_id, name, kind, line)
SELECT '', '', '东西' || y / 12 || '路', CASE WHEN mod(y, 60) = 0 THEN 'street' ELSE 'alley' END,
       ST_MakeLine(ARRAY(SELECT pg_temp.corner(step, y) FROM generate_series(x, x + 12) AS step))
FROM cell
UNION ALL
SELECT '', '', '南北' || x / 12 || '路', CASE WHEN mod(x, 60) = 0 THEN 'street' ELSE 'alley' END,
       ST_MakeLine(ARRAY(SELECT pg_temp.corner(x, step) FROM generate_series(y, y + 12) AS step))
FROM cell;

INSERT INTO buildings_facility (source, source_id, community_id, name, kind, address, phone, hours, point)
SELECT '', '', k + 1, pg_temp.pick(n, '党群服务中心 邻里中心 卫生服务站 社区食堂 菜市场 幼儿园 警务室 文化站'),
       pg_temp.pick(n, 'service_center neighborhood_center health canteen market child_care police culture'), '', '', '',
       pg_temp.corner(x + 6 + mod(n, 4) * 12, y + 6 + n / 4 * 24)
FROM community, generate_series(0, 7) AS n;

INSERT INTO grids_grid (id, code, community_id, level, kind, name)
SELECT g + 1, code, k + 1, 1, 'basic', '第' || (i + 1) || '网格' FROM cell
UNION ALL
SELECT %(communities)s * 25 + g * 3 + strip + 1, code || lpad((strip + 1)::text, 3, '0'), k + 1, 2, 'basic',
       (strip + 1) || '楼段'
FROM cell, generate_series(0, 2) AS strip;

INSERT INTO grids_plan (id, community_id, number, title, reason, status, in_force, target_min, target_max, created_at,
    published_at, handover)
SELECT (nth - 1) * %(communities)s + id, id, nth, '', '', 'published',
       daterange((this_year - (last - nth) * interval '1 year')::date,
                 CASE WHEN nth < last THEN (this_year - (last - nth - 1) * interval '1 year')::date END),
       300, 500, now(), now(), '[]'
FROM community, generate_series(1, %(plans)s) AS nth,
     (SELECT %(plans)s AS last, date_trunc('year', now()) AS this_year) AS known;

INSERT INTO grids_gridboundary (id, plan_id, grid_id, parent_id, boundary, label, colour, pieces, in_force)
SELECT (plan.number - 1) * %(communities)s * 100 + g + 1, plan.id, g + 1, NULL,
       pg_temp.block(x, y, x + 12, y + 12), pg_temp.corner(x + 6, y + 6), mod(mod(i, 5) + 2 * (i / 5), 5), 1, plan.in_force
FROM cell JOIN grids_plan AS plan ON plan.community_id = k + 1;

INSERT INTO grids_gridboundary (id, plan_id, grid_id, parent_id, boundary, label, colour, pieces, in_force)
SELECT (plan.number - 1) * %(communities)s * 100 + %(communities)s * 25 + g * 3 + strip + 1, plan.id,
       %(communities)s * 25 + g * 3 + strip + 1, (plan.number - 1) * %(communities)s * 100 + g + 1,
       pg_temp.block(x + strip * 4, y, x + strip * 4 + 4, y + 12), pg_temp.corner(x + strip * 4 + 2, y + 6),
       mod(strip + 3 * (i + i / 5), 6), 1, plan.in_force
FROM cell JOIN grids_plan AS plan ON plan.community_id = k + 1, generate_series(0, 2) AS strip;

INSERT INTO grids_assignment (plan_id, stairwell_id, boundary_id)
SELECT plan.id, b * 3 + bay + 1,
       (plan.number - 1) * %(communities)s * 100 + %(communities)s * 25 + g * 3 + mod(slot, 3) + 1
FROM house JOIN grids_plan AS plan ON plan.community_id = k + 1, generate_series(0, 2) AS bay;

-- A worker, a head and a police officer serve a grid, a secretary and a clerk a community, a captain a building.
CREATE TEMP TABLE post AS
SELECT 'grid_worker' AS role, g + 1 AS grid_id, NULL::bigint AS area_id, NULL::bigint AS building_id FROM cell
UNION ALL SELECT 'grid_head', g + 1, NULL, NULL FROM cell
UNION ALL SELECT 'community_police', g + 1, NULL, NULL FROM cell
UNION ALL SELECT 'community_secretary', NULL, id, NULL FROM community
UNION ALL SELECT 'community_staff', NULL, id, NULL FROM community
UNION ALL SELECT 'building_captain', NULL, NULL, id FROM house;

ALTER TABLE post ADD COLUMN person_id bigserial;

INSERT INTO accounts_user (id, password, is_superuser, username, email, is_staff, is_active, date_joined, name,
    name_is_public, duty_phone, duty_hours)
SELECT person_id, '!', false, 'person' || person_id, '', false, true, now(),
       pg_temp.pick(person_id, '陈 林 黄 郑 王 李 张 吴 刘 蔡 杨 许 何 叶')
       || pg_temp.pick(person_id / 14, '志 秀 丽 国 建 美 晓 文 海 春') || pg_temp.pick(person_id / 140, '强 英 明 华 芳 平 军 燕'),
       true, '0591-5553 ' || lpad(mod(person_id, 10000)::text, 4, '0'), '周一至周五 8:30-17:30'
FROM post;

INSERT INTO grids_appointment (role, person_id, deputy_id, employment, area_id, grid_id, building_id, in_force)
SELECT role, person_id, CASE WHEN role = 'grid_worker' THEN mod(person_id, %(communities)s * 25) + 1 END, 'full_time',
       area_id, grid_id, building_id, daterange('2025-01-01', NULL)
FROM post;

INSERT INTO grids_appointment (role, person_id, employment, stairwell_id, in_force)
SELECT 'stairwell_captain', person_id, 'part_time', (building_id - 1) * 3 + bay, daterange('2025-01-01', NULL)
FROM post, generate_series(1, 3) AS bay WHERE building_id IS NOT NULL;

INSERT INTO grids_leave (person_id, away)
SELECT person_id, daterange(current_date - 3, current_date + 3) FROM post WHERE role = 'grid_worker' AND mod(person_id, 50) = 0;

INSERT INTO buildings_dwelling (id, stairwell_id, floor, room, status)
SELECT (b * 3 + bay) * 9 + door, b * 3 + bay + 1, 1 + door / 2, (101 + door / 2 * 100 + mod(door, 2))::text, 'owner_occupied'
FROM house, generate_series(0, 2) AS bay, generate_series(0, 8) AS door
WHERE %(households)s AND (door < 8 OR bay = 0);

INSERT INTO buildings_household (source, source_id, dwelling_id, head, phone, people)
SELECT '', '', id, '户主', '', 1 + mod(id, 5) FROM buildings_dwelling WHERE %(households)s;

DROP TABLE post, house, cell, community;
