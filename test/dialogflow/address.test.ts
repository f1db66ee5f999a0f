import { describe, expect, it } from 'vitest'
import { addressOf, type Location } from '../../server/dialogflow/address.ts'

const AGENT = { projectId: 'shop-1', location: null, environment: null, apiUrl: null }

describe('where an agent is', () => {
  it.each([
    [{}, 'dialogflow.googleapis.com', 'projects/shop-1/agent/sessions/s'],
    [{ location: 'global' }, 'dialogflow.googleapis.com', 'projects/shop-1/agent/sessions/s'],
    [
      { location: 'europe-west1' },
      'europe-west1-dialogflow.googleapis.com',
      'projects/shop-1/locations/europe-west1/agent/sessions/s',
    ],
    [
      { environment: 'production' },
      'dialogflow.googleapis.com',
      'projects/shop-1/agent/environments/production/users/-/sessions/s',
    ],
    [
      { location: 'asia-northeast1', environment: 'test' },
      'asia-northeast1-dialogflow.googleapis.com',
      'projects/shop-1/locations/asia-northeast1/agent/environments/test/users/-/sessions/s',
    ],
    [
      { projectId: 'example.com:shop' },
      'dialogflow.googleapis.com',
      'projects/example.com:shop/agent/sessions/s',
    ],
  ])('at Google: %o', (where, host, path) => {
    const address = addressOf({ ...AGENT, ...where })
    expect(address).toMatchObject({ wire: 'google', host, port: 443 })
    expect(address.session('s')).toBe(path)
  })

  it.each([
    ['http://127.0.0.1:9081', { wire: 'rest', host: '127.0.0.1', port: 9081 }],
    ['http://dialogflow.local/', { wire: 'rest', host: 'dialogflow.local', port: 80 }],
    ['grpc://127.0.0.1:9082', { wire: 'grpc', host: '127.0.0.1', port: 9082 }],
    ['grpc://[::1]:9082', { wire: 'grpc', host: '[::1]', port: 9082 }],
  ])('at a local endpoint: %s', (apiUrl, address) => {
    expect(addressOf({ ...AGENT, location: 'europe-west1', apiUrl })).toMatchObject(address)
  })

  it.each<[where: Partial<Location>, why: RegExp]>([
    [{ projectId: '' }, /DIALOGFLOW_PROJECT_ID/],
    [{ projectId: 'shop/agent' }, /DIALOGFLOW_PROJECT_ID/],
    [{ location: 'elsewhere.example/?' }, /DIALOGFLOW_LOCATION/],
    [{ location: 'a.b' }, /DIALOGFLOW_LOCATION/],
    [{ environment: '../x' }, /DIALOGFLOW_ENVIRONMENT/],
    [{ apiUrl: '127.0.0.1:9081' }, /DIALOGFLOW_API_URL/],
    [{ apiUrl: 'ftp://x' }, /DIALOGFLOW_API_URL/],
    [{ apiUrl: 'https://x' }, /DIALOGFLOW_API_URL/],
    [{ apiUrl: 'grpc://x' }, /DIALOGFLOW_API_URL/],
    [{ apiUrl: 'http://a:b@x' }, /DIALOGFLOW_API_URL/],
    [{ apiUrl: 'http://x/v2' }, /DIALOGFLOW_API_URL/],
    [{ apiUrl: 'http://x?a=b' }, /DIALOGFLOW_API_URL/],
  ])('nowhere: %o', (where, why) => {
    expect(() => addressOf({ ...AGENT, ...where })).toThrow(why)
  })
})
